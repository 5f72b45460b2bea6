import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { group } from "../../../src/http/route/group.ts";
import { uuid } from "../../../src/wire/ids.ts";
import { get, makeCore, withKey } from "../make-core.ts";

const ID = "12345678-1234-1234-1234-123456789012";
const ok = { 200: { description: "ok", body: z.unknown() } } as const;
const member = { method: "GET", summary: "Test", responses: ok } as const;
const notes = group({ prefix: "/notes/{id}", tags: ["Notes"], auth: "key", params: z.object({ id: uuid }) });

describe("a group of routes", () => {
  it("gives its routes prefix, tags and credentials", () => {
    const { spec } = notes({ ...member, path: "/lines", id: "lines" }).handle(() => ({
      status: 200,
      body: 1,
    }));
    expect(spec).toMatchObject({ path: "/notes/{id}/lines", tags: ["Notes"], auth: "key", id: "lines" });
  });

  it("lets a route say otherwise", () => {
    const changes = { tags: ["Open"], auth: "open", cors: "any-origin" } as const;
    const { spec } = notes({ ...member, ...changes, path: "", id: "n" }).handle(() => ({
      status: 200,
      body: 1,
    }));
    expect(spec).toMatchObject({ path: "/notes/{id}", ...changes });
  });

  it("checks its parameters together with those of the route", async () => {
    const params = z.object({ line: z.string().max(2) });
    const line = notes({ ...member, path: "/lines/{line}", id: "line", params }).handle(({ params }) => {
      expectTypeOf(params).toEqualTypeOf<{ id: string } & { line: string }>();
      return { status: 200, body: params };
    });
    const core = makeCore({ routes: [line] });
    const ask = async (path: string) => (await core.fetch(get(path, withKey()))).json();
    expect(await ask(`/notes/${ID}/lines/7`)).toEqual({ id: ID, line: "7" });
    const { detail } = (await ask("/notes/x/lines/long")) as { detail: { loc: unknown }[] };
    expect(detail.map(({ loc }) => loc)).toEqual([
      ["path", "id"],
      ["path", "line"],
    ]);
  });

  it("types parameters that only one side has, and none", () => {
    notes({ ...member, path: "", id: "one" }).handle(({ params }) => {
      expectTypeOf(params).toEqualTypeOf<{ id: string }>();
      return { status: 200, body: params.id };
    });
    const plain = group({ prefix: "/plain", tags: [], auth: "open" });
    plain({ ...member, path: "", id: "two" }).handle(({ params }) => {
      expectTypeOf(params).toEqualTypeOf<undefined>();
      return { status: 200, body: 1 };
    });
  });

  it("refuses answers that a route does not declare", () => {
    // @ts-expect-error 201 is not declared
    notes({ ...member, path: "", id: "three" }).handle(() => ({ status: 201, body: 1 }));
  });
});
