import { call as callTool } from "agent-server/testing";
import { expect, it } from "vitest";
import { until } from "../conversations/open-manager.ts";
import { openHttp } from "./open-http.ts";

const NOBODY = "6f1f2c52-58bb-4ff0-8baf-04e0e1c9a001";

/** A conversation in which the user said these, none of it run. */
async function told(...words: string[]) {
  const bench = openHttp();
  const id = await bench.start();
  const at = `/api/conversations/${id}/events`;
  for (const text of words) {
    expect(await bench.call("POST", at, { content: [{ text }] })).toEqual({
      status: 200,
      body: { success: true },
    });
  }
  return { ...bench, id, at };
}

it("pages through events by the id of the next one, newest first if asked", async () => {
  const { call, at } = await told("one", "two", "three");
  const kind = "kind=MessageEvent";
  const first = await call("GET", `${at}/search?${kind}&limit=2`);
  expect(first.body.items).toHaveLength(2);
  const rest = await call("GET", `${at}/search?${kind}&page_id=${first.body.next_page_id}`);
  expect(rest.body).toMatchObject({ items: [{ id: first.body.next_page_id }], next_page_id: null });
  const newest = await call("GET", `${at}/search?${kind}&limit=1&sort_order=TIMESTAMP_DESC`);
  expect(newest.body.items[0].id).toBe(rest.body.items[0].id);
});

it("filters by kind, source, text and time", async () => {
  const { call, at } = await told("Needle here", "hay");
  const all = (await call("GET", `${at}/search`)).body.items;
  expect((await call("GET", `${at}/count`)).body).toBe(all.length);
  const path = "openhands.sdk.event.llm_convertible.message.MessageEvent";
  expect((await call("GET", `${at}/count?kind=${path}`)).body).toBe(2);
  expect((await call("GET", `${at}/count?source=user`)).body).toBe(2);
  expect((await call("GET", `${at}/count?body=NEEDLE`)).body).toBe(1);
  const moment = all[1].timestamp;
  expect((await call("GET", `${at}/count?timestamp__lt=${moment}`)).body).toBe(1);
  expect((await call("GET", `${at}/count?timestamp__gte=${moment}`)).body).toBe(all.length - 1);
  expect((await call("GET", `${at}/count?timestamp__gte=yesterday`)).status).toBe(422);
});

it("leaves nulls out of pages and shows them in single events", async () => {
  const { call, at } = await told("one");
  const message = (await call("GET", `${at}/search?kind=MessageEvent`)).body.items[0];
  expect(message).not.toHaveProperty("llm_response_id");
  expect((await call("GET", `${at}/${message.id}`)).body).toMatchObject({
    id: message.id,
    llm_response_id: null,
  });
});

it("gets several by id, named in the body or in the query", async () => {
  const { call, at } = await told("one");
  const id = (await call("GET", `${at}/search?kind=MessageEvent`)).body.items[0].id;
  for (const answer of [
    await call("GET", at, [id, "nowhere"]),
    await call("GET", `${at}?ids=${id}&ids=nowhere`),
  ]) {
    expect(answer.status).toBe(200);
    expect(answer.body.map((event: { id: string } | null) => event?.id ?? null)).toEqual([id, null]);
  }
  expect(await call("GET", at)).toMatchObject({ status: 422, body: { detail: [{ type: "missing" }] } });
});

it.each([
  ["GET", "/search?limit=101", undefined, 422],
  ["GET", "/search?limit=0", undefined, 422],
  ["GET", "/nowhere", undefined, 404],
  ["POST", "", { role: "assistant", content: [] }, 422],
  ["POST", "", { content: "a string" }, 422],
  ["POST", "/respond_to_confirmation", {}, 422],
])("%s %s with %j is refused", async (method, path, body, status) => {
  const { call, at } = await told();
  expect((await call(method, at + path, body)).status).toBe(status);
});

it("names the conversation that is not there", async () => {
  const { call } = openHttp();
  const at = `/api/conversations/${NOBODY}/events`;
  const unknown = { status: 404, body: { detail: `Conversation not found: ${NOBODY}` } };
  expect(await call("GET", `${at}/search`)).toEqual(unknown);
  expect(await call("GET", `${at}/count`)).toEqual(unknown);
  expect(await call("GET", `${at}/x`)).toEqual(unknown);
  expect(await call("GET", `${at}?ids=x`)).toEqual(unknown);
  expect(await call("POST", at, { content: [] })).toEqual(unknown);
  expect(await call("POST", `${at}/respond_to_confirmation`, { accept: true })).toEqual(unknown);
});

it("carries out what was approved and answers what was rejected", async () => {
  const { call, start, llm } = openHttp({ steps: [callTool("echo"), callTool("echo")] });
  const id = await start({ confirmation_policy: { kind: "AlwaysConfirm" } });
  const at = `/api/conversations/${id}/events`;
  const waits = async () =>
    (await call("GET", `/api/conversations/${id}`)).body.execution_status === "waiting_for_confirmation";
  const count = async (kind: string) => (await call("GET", `${at}/count?kind=${kind}`)).body;
  await call("POST", at, { content: [{ text: "go" }], run: true });
  await until(waits);
  await call("POST", `${at}/respond_to_confirmation`, { accept: true });
  await until(async () => (await count("ObservationEvent")) === 1 && (await waits()));
  await call("POST", `${at}/respond_to_confirmation`, { accept: false });
  const rejected = (await call("GET", `${at}/search?kind=UserRejectObservation`)).body.items;
  expect(rejected).toMatchObject([
    { rejection_reason: "User rejected the action.", rejection_source: "user" },
  ]);
  expect(llm.requests).toHaveLength(2);
});

it("refuses a socket whose address makes no sense, and closes one to an unknown conversation", async () => {
  const { connect, id } = await told();
  expect(await connect("/sockets/events/nonsense")).toBe(403);
  expect(await connect(`/sockets/events/${id}?resend_mode=some`)).toBe(403);
  expect(await connect(`/sockets/events/${id}?resend_mode=since&after_timestamp=soon`)).toBe(403);
  const socket = await connect(`/sockets/events/${NOBODY}`);
  if (typeof socket === "number") throw new Error(`refused with ${socket}`);
  await until(() => socket.closed?.code === 4004);
});

it.each(["resend_mode=all", "resend_all=true"])("a socket with %s gets what was before", async (query) => {
  const { connect, id } = await told("one", "two");
  const socket = await connect(`/sockets/events/${id}?${query}`);
  if (typeof socket === "number") throw new Error(`refused with ${socket}`);
  await until(() => socket.frames.length === 6);
  expect(socket.story).toEqual([
    "full_state(idle)",
    "SystemPromptEvent",
    "MessageEvent",
    "last_user_message_id",
    "MessageEvent",
    "last_user_message_id",
  ]);
});
