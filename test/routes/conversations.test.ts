import { say } from "agent-server/testing";
import { expect, it } from "vitest";
import { Gate, until, waitFor } from "../conversations/open-manager.ts";
import { openHttp, startBody } from "./open-http.ts";

/** In the reference's order. */
const INFO_KEYS = [
  "id",
  "workspace",
  "persistence_dir",
  "max_iterations",
  "stuck_detection",
  "execution_status",
  "confirmation_policy",
  "security_analyzer",
  "activated_knowledge_skills",
  "invoked_skills",
  "blocked_actions",
  "blocked_messages",
  "last_user_message_id",
  "leaf_event_id",
  "stats",
  "secret_registry",
  "agent_state",
  "hook_config",
  "title",
  "metrics",
  "created_at",
  "updated_at",
  "forked_from_conversation_id",
  "forked_from_event_id",
  "parent_conversation_id",
  "sub_conversation_ids",
  "tags",
  "current_model_id",
  "available_models",
  "supports_runtime_model_switch",
  "launched_agent_profile",
  "agent",
  "client_tools",
  "tool_module_qualnames",
  "runtime_info",
];

const NOBODY = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";

it("starts with 201, and gives back what has the id with 200", async () => {
  const { call } = openHttp();
  const first = await call(
    "POST",
    "/api/conversations",
    startBody({ conversation_id: NOBODY.replaceAll("-", "") }),
  );
  expect(first).toMatchObject({ status: 201, body: { id: NOBODY, execution_status: "idle" } });
  expect(Object.keys(first.body)).toEqual(INFO_KEYS);
  const second = await call(
    "POST",
    "/api/conversations",
    startBody({ conversation_id: NOBODY, tags: { a: "b" } }),
  );
  expect(second).toMatchObject({ status: 200, body: { id: NOBODY, tags: {} } });
});

it.each([
  [{ agent: null }, 422, "must be provided"],
  [{ workspace: {} }, 422, "working_dir"],
  [{ workspace: "/tmp" }, 422, "workspace"],
  [{ tags: { Bad: "x" } }, 422, "tags"],
  [{ agent: { llm: { model: "m" }, tools: [{ name: "nowhere" }] } }, 422, "nowhere"],
  [{ initial_message: { role: "system", content: [] } }, 422, "Only user messages"],
  [{ parent_conversation_id: NOBODY }, 422, `Parent conversation ${NOBODY} not found`],
  [{ agent: null, agent_profile_id: NOBODY }, 404, "not found"],
  [{ secrets: { A: "plain" } }, 422, "secrets"],
])("refuses to start with %j", async (fields, status, words) => {
  const { call } = openHttp();
  const answer = await call("POST", "/api/conversations", startBody(fields));
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body.detail)).toContain(words);
});

it("masks the reason of a 500 as clients know it", async () => {
  const { call } = openHttp();
  const answer = await call("POST", "/api/conversations", startBody({ secrets_encrypted: true }));
  expect(answer).toMatchObject({ status: 500, body: { detail: "Internal Server Error" } });
  expect(answer.body.exception).toContain("cipher not configured");
});

it("pages through conversations by the hex id of the next one", async () => {
  const { call, start } = openHttp();
  const ids = [await start(), await start(), await start()];
  const first = await call("GET", "/api/conversations/search?limit=2&sort_order=CREATED_AT");
  expect(first.body.items.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
  expect(first.body.next_page_id).toBe(ids[2]?.replaceAll("-", ""));
  const second = await call(
    "GET",
    `/api/conversations/search?sort_order=CREATED_AT&page_id=${first.body.next_page_id}`,
  );
  expect(second.body).toMatchObject({ items: [{ id: ids[2] }], next_page_id: null });
  expect((await call("GET", "/api/conversations/count")).body).toBe(3);
  expect((await call("GET", "/api/conversations/count?status=running")).body).toBe(0);
});

it.each([
  "/api/conversations/search?limit=0",
  "/api/conversations/search?limit=101",
  "/api/conversations/search?status=asleep",
  "/api/conversations/search?sort_order=TITLE",
  "/api/conversations",
  "/api/conversations?ids=nonsense",
  `/api/conversations?${Array.from({ length: 100 }, () => `ids=${NOBODY}`).join("&")}`,
  "/api/conversations/nonsense",
])("GET %s is 422", async (path) => {
  const { call } = openHttp();
  const answer = await call("GET", path);
  expect(answer.status).toBe(422);
  expect(answer.body.detail[0]).toMatchObject({ loc: expect.any(Array), msg: expect.any(String) });
});

it("gets several at once, null for those that are not there", async () => {
  const { call, start } = openHttp();
  const id = await start();
  const answer = await call("GET", `/api/conversations?ids=${NOBODY}&ids=${id.replaceAll("-", "")}`);
  expect(answer.body.map((info: { id: string } | null) => info?.id ?? null)).toEqual([null, id]);
});

it("answers each verb on an unknown conversation with 404", async () => {
  const { call } = openHttp();
  const at = `/api/conversations/${NOBODY}`;
  const notFound = { status: 404, body: { detail: "Not Found" } };
  expect(await call("GET", at)).toEqual(notFound);
  expect(await call("PATCH", at, { title: "x" })).toEqual(notFound);
  expect(await call("DELETE", at)).toEqual(notFound);
  expect(await call("POST", `${at}/pause`)).toEqual(notFound);
  expect(await call("POST", `${at}/interrupt`)).toEqual(notFound);
  expect(await call("POST", `${at}/run`)).toEqual(notFound);
  expect(await call("POST", `${at}/secrets`, { secrets: {} })).toEqual(notFound);
  expect(await call("POST", `${at}/confirmation_policy`, { policy: { kind: "NeverConfirm" } })).toEqual(
    notFound,
  );
  expect(await call("POST", `${at}/security_analyzer`, { security_analyzer: null })).toEqual(notFound);
  expect(await call("GET", `${at}/agent_final_response`)).toEqual(notFound);
});

it("changes title, tags, secrets, policy and analyzer", async () => {
  const { call, start, connect } = openHttp();
  const id = await start();
  const at = `/api/conversations/${id}`;
  const socket = await connect(`/sockets/events/${id}`);
  if (typeof socket === "number") throw new Error(`refused with ${socket}`);
  const done = { status: 200, body: { success: true } };
  expect(await call("PATCH", at, { title: "  A title ", tags: { a: "b" } })).toEqual(done);
  expect(await call("POST", `${at}/secrets`, { secrets: { A: "x", B: { value: "y" } } })).toEqual(done);
  expect(await call("POST", `${at}/confirmation_policy`, { policy: { kind: "AlwaysConfirm" } })).toEqual(
    done,
  );
  const analyzer = { kind: "LLMSecurityAnalyzer" };
  expect(await call("POST", `${at}/security_analyzer`, { security_analyzer: analyzer })).toEqual(done);
  expect((await call("GET", at)).body).toMatchObject({
    title: "A title",
    tags: { a: "b" },
    secret_registry: { secret_sources: { A: { value: null }, B: { value: null } } },
    confirmation_policy: { kind: "AlwaysConfirm" },
    security_analyzer: analyzer,
  });
  await until(() => socket.frames.length === 4);
  expect(socket.story.slice(1)).toEqual(["tags", "confirmation_policy", "security_analyzer"]);
  const empty = await call("PATCH", at, { title: "" });
  expect(empty.body.detail).toMatchObject([{ type: "string_too_short", loc: ["body", "title"] }]);
  expect((await call("PATCH", at, { title: "   " })).body.detail).toMatchObject([
    { type: "value_error", loc: ["body", "title"], msg: "Value error, title must not be blank" },
  ]);
  expect((await call("POST", `${at}/security_analyzer`, {})).status).toBe(422);
  for (const value of [[], ["x"], 3, null])
    expect((await call("POST", `${at}/secrets`, { secrets: { C: value } })).status).toBe(422);
});

it("runs, refuses a second run with 409, pauses, and tells the last words", async () => {
  const gate = new Gate();
  const { call, start } = openHttp({ steps: [waitFor(gate, "Half way."), say("All done.")] });
  const id = await start({ initial_message: { content: [{ text: "go" }] } });
  const at = `/api/conversations/${id}`;
  await until(async () => (await call("GET", at)).body.execution_status === "running");
  expect(await call("POST", `${at}/run`)).toEqual({
    status: 409,
    body: { detail: "Conversation already running. Wait for completion or pause first." },
  });
  expect((await call("POST", `${at}/pause`)).status).toBe(200);
  expect((await call("GET", at)).body.execution_status).toBe("paused");
  gate.open();
  await until(async () => (await call("GET", `${at}/agent_final_response`)).body.response === "Half way.");
  expect((await call("POST", `${at}/run`)).status).toBe(200);
  await until(async () => (await call("GET", at)).body.execution_status === "finished");
});

it("deletes for good", async () => {
  const { call, start } = openHttp();
  const id = await start();
  expect(await call("DELETE", `/api/conversations/${id}`)).toEqual({ status: 200, body: { success: true } });
  expect((await call("GET", `/api/conversations/${id}`)).status).toBe(404);
  expect((await call("GET", "/api/conversations/count")).body).toBe(0);
});
