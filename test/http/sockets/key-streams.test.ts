import { expect, it } from "vitest";
import type { Caller } from "../../../src/http/access/caller.ts";
import { sse } from "../../../src/http/content/event-stream.ts";
import { route } from "../../../src/http/route/route.ts";
import { EVERYTHING } from "../../../src/principal.ts";
import { get, makeCore } from "../make-core.ts";

const CALLER: Caller = { principal: { id: "key:k" }, scope: "read", reach: EVERYTHING, keyId: "k" };

const ticking = route({
  ...{ method: "GET", path: "/ticks", id: "ticks", auth: "key", access: "read", tags: ["T"], summary: "T" },
  responses: { 200: sse() },
}).handle(() => ({
  status: 200,
  events: (stream) =>
    new Promise<void>((done) => {
      stream.send({ data: "first" });
      stream.signal.addEventListener("abort", () => done());
    }),
}));

it("a stream of events ends within seconds of its key, and its writer is told", async () => {
  let isValid = true;
  const current = async () => (isValid ? CALLER : undefined);
  const core = makeCore({
    routes: [ticking],
    scopedKeys: { isKey: () => true, find: current, current },
  });
  const answer = await core.fetch(get("/ticks", { "x-session-api-key": "k" }));
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    "text/event-stream; charset=utf-8",
  ]);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const first = await reader.read();
  expect(new TextDecoder().decode(first.value)).toContain(":");
  isValid = false;
  let isDone = false;
  while (!isDone) isDone = (await reader.read()).done;
  expect(isDone).toBe(true);
  expect((await core.fetch(get("/ticks", { "x-session-api-key": "k" }))).status).toBe(401);
});
