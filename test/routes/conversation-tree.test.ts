import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import { Gate, until, waitFor } from "../conversations/open-manager.ts";
import { openHttp, startBody } from "./open-http.ts";

const NOBODY = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";
const FORK = "0a0b0c0d-0000-4000-8000-00000000f0f0";

/** A conversation in which something was said. */
async function talked() {
  const http = openHttp({ steps: [say("One."), say("Two.")] });
  const { call } = http;
  const { body } = await call("POST", "/api/conversations", startBody());
  const path = `/api/conversations/${body.id}`;
  const message = { role: "user", content: [{ type: "text", text: "first" }], run: true };
  await call("POST", `${path}/events`, message);
  await until(async () => (await call("GET", path)).body.execution_status === "finished");
  const { items } = (await call("GET", `${path}/events/search?kind=MessageEvent`)).body;
  return { call, path, id: body.id as string, said: items as { id: string }[] };
}

it("a fork is answered with 201, and needs no body", async () => {
  const { call, path, id } = await talked();
  const fork = await call("POST", `${path}/fork`);
  expect(fork).toMatchObject({
    status: 201,
    body: { forked_from_conversation_id: id, execution_status: "idle", runtime_info: null },
  });
  expect((await call("GET", `/api/conversations/${fork.body.id}`)).body.runtime_info).not.toBeNull();
});

it("a fork takes an id, a title, tags and an event", async () => {
  const { call, path, said } = await talked();
  const request = {
    id: FORK,
    title: "Fork",
    tags: { a: "b" },
    from_event_id: said[0]?.id,
    reset_metrics: false,
  };
  const { status, body } = await call("POST", `${path}/fork`, request);
  expect(status).toBe(201);
  expect(body).toMatchObject({ id: FORK, title: "Fork", tags: { a: "b" }, leaf_event_id: said[0]?.id });
  expect(body.stats.usage_to_metrics.default.costs).toHaveLength(1);
});

it("what a fork cannot be made of is told in the reference's words", async () => {
  const { call, path, id } = await talked();
  expect(await call("POST", `/api/conversations/${NOBODY}/fork`)).toMatchObject({
    status: 404,
    body: { detail: "Source conversation not found" },
  });
  expect(await call("POST", `${path}/fork`, { from_event_id: "x" })).toMatchObject({
    status: 404,
    body: { detail: "Unknown from_event_id: x" },
  });
  expect(await call("POST", `${path}/fork`, { id })).toMatchObject({
    status: 409,
    body: { detail: `Conversation with id ${id} already exists` },
  });
  expect((await call("POST", `${path}/fork`, { title: "x".repeat(201) })).status).toBe(422);
  expect((await call("POST", `${path}/fork`, { tags: { "no!": "" } })).status).toBe(422);
});

it("HEAD moves to an event and before the first, and the answer shows it", async () => {
  const { call, path, said } = await talked();
  const moved = await call("POST", `${path}/navigate`, { event_id: said[0]?.id });
  expect(moved).toMatchObject({ status: 200, body: { leaf_event_id: said[0]?.id, runtime_info: null } });
  expect((await call("POST", `${path}/navigate`, { event_id: null })).body.leaf_event_id).toBeNull();
  expect((await call("POST", `${path}/navigate`, {})).body.leaf_event_id).toBeNull();
});

it("a HEAD that there is not is told in the reference's words", async () => {
  const { call, path } = await talked();
  expect(await call("POST", `/api/conversations/${NOBODY}/navigate`, { event_id: null })).toMatchObject({
    status: 404,
    body: { detail: "Conversation not found" },
  });
  expect(await call("POST", `${path}/navigate`, { event_id: "x" })).toMatchObject({
    status: 404,
    body: { detail: "Unknown event_id: x" },
  });
  expect((await call("POST", `${path}/navigate`)).status).toBe(422);
});

it("a child is answered with 201, and refused in the reference's words", async () => {
  const { call, path, id } = await talked();
  const child = await call("POST", `${path}/children`, { task: "Help.", isolation: "shared" });
  expect(child).toMatchObject({
    status: 201,
    body: { parent_conversation_id: id, title: null, url: null, workspace: "/project", isolation: "shared" },
  });
  expect((await call("GET", path)).body.sub_conversation_ids).toEqual([child.body.conversation_id]);
  expect(await call("POST", `/api/conversations/${NOBODY}/children`, { task: "Help." })).toMatchObject({
    status: 404,
    body: { detail: "Parent conversation not found" },
  });
  for (const body of [{}, { task: "" }, { task: "Help.", isolation: "alone" }]) {
    expect((await call("POST", `${path}/children`, body)).status).toBe(422);
  }
});

it("a child that would be one run too many is refused with 429", async () => {
  const gate = new Gate();
  const { call, start } = openHttp({ steps: [waitFor(gate)], maxConcurrentRuns: 1 });
  const id = await start();
  const message = { role: "user", content: [{ type: "text", text: "Go." }], run: true };
  await call("POST", `/api/conversations/${id}/events`, message);
  await gate.reached;
  const { status, body } = await call("POST", `/api/conversations/${id}/children`, { task: "Help." });
  expect([status, body.detail]).toEqual([429, "Conversation run limit reached. Retry the request later."]);
  expect((await call("GET", "/api/conversations/count")).body).toBe(1);
  gate.open();
});
