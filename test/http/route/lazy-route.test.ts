import { expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { group } from "../../../src/http/route/group.ts";
import { lazyRoute } from "../../../src/http/route/route.ts";
import { get, makeCore, post, withKey } from "../make-core.ts";

const shared = { summary: "Test", tags: ["Notes"], auth: "key" } as const;
const note = z.object({ text: z.string(), stars: z.int().default(0) });

/** A core with a lazy route and one of a group, and how often the schemas of each were built. */
function open() {
  const built = { save: 0, line: 0 };
  const save = lazyRoute({ ...shared, method: "POST", path: "/notes", id: "save" }, () => {
    built.save += 1;
    return { body: note, responses: { 200: { description: "Saved", body: note } } };
  }).handle(({ body, query }) => {
    expectTypeOf(body).toEqualTypeOf<{ text: string; stars: number }>();
    expectTypeOf(query).toEqualTypeOf<undefined>();
    return { status: 200, body };
  });
  const notes = group({
    prefix: "/notes/{id}",
    tags: ["Notes"],
    auth: "key",
    params: z.object({ id: z.string() }),
  });
  const line = notes
    .lazy({ method: "GET", path: "/{line}", id: "line", summary: "Test" }, () => {
      built.line += 1;
      return {
        params: z.object({ line: z.coerce.number() }),
        responses: { 200: { description: "A line", body: z.unknown() } },
      };
    })
    .handle(({ params }) => {
      expectTypeOf(params).toEqualTypeOf<{ id: string } & { line: number }>();
      return { status: 200, body: params };
    });
  return { core: makeCore({ routes: [save, line] }), built };
}

it("builds the schemas of a route at its first request, once", async () => {
  const { core, built } = open();
  expect(core.handles("/notes")).toBe(true);
  expect((await core.fetch(get("/elsewhere"))).status).toBe(404);
  expect(built).toEqual({ save: 0, line: 0 });
  for (const text of ["a", "b"]) {
    const answer = await core.fetch(post("/notes", { text }));
    expect(await answer.json()).toEqual({ text, stars: 0 });
  }
  expect(built).toEqual({ save: 1, line: 0 });
  expect(await (await core.fetch(get("/notes/n/7", withKey()))).json()).toEqual({ id: "n", line: 7 });
  expect((await core.fetch(get("/notes/n/x", withKey()))).status).toBe(422);
  expect(built).toEqual({ save: 1, line: 1 });
});

it("builds them for the OpenAPI document, which shows them like any other", () => {
  const { core, built } = open();
  const { paths } = core.openapi();
  expect(built).toEqual({ save: 1, line: 1 });
  expect(paths?.["/notes"]?.post).toMatchObject({
    operationId: "save_notes_post",
    requestBody: { required: true },
  });
  expect(paths?.["/notes/{id}/{line}"]?.get?.parameters).toMatchObject([{ name: "id" }, { name: "line" }]);
});

it("a handler is checked against the schemas", () => {
  const declared = lazyRoute({ ...shared, method: "POST", path: "/notes", id: "save" }, () => ({
    responses: { 204: { description: "Done" } },
  }));
  // @ts-expect-error The spec declares no 200.
  declared.handle(() => ({ status: 200 }));
  declared.handle(() => ({ status: 204 }));
});
