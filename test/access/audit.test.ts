import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { type AuditEvent, type AuditSink, createServer } from "../../src/index.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { OPERATOR_KEY, openAccess } from "./open-access.ts";

const COUNT = "/api/conversations/count";
const eventually = { timeout: 20_000 };

it("what is allowed and what is refused is reported, without anything of keys, queries and bodies", async () => {
  const events: AuditEvent[] = [];
  await using bench = await openAccess({ audit: (event) => void events.push(event) });
  const { key, id: keyId } = await bench.newKey({ name: "HIDDEN", scope: "write", tags: { team: "red" } });
  const id = await bench.start(key, { tags: { other: "HIDDEN" } });
  const foreign = await bench.start(OPERATOR_KEY);
  await bench.ask(key, "GET", `/api/conversations/${id}`);
  await bench.ask(key, "GET", `/api/conversations/${foreign}`);
  await bench.ask(key, "GET", "/api/settings?hidden=HIDDEN");
  await bench.ask("HIDDEN", "DELETE", `/api/conversations/${id}`);
  await bench.ask(null, "PUT", "/api/settings/secrets", { name: "HIDDEN", value: "HIDDEN" });
  await bench.ask(null, "GET", "/health");
  const byKey = { principal: `key:${keyId}`, key: keyId, address: "10.1.2.3" };
  expect(events).toMatchObject([
    { outcome: "allowed", action: "create_access_key", scope: "admin", principal: null, address: "10.1.2.3" },
    { outcome: "allowed", action: "create_access_key", target: keyId, reason: "made" },
    { outcome: "allowed", action: "start_conversation", scope: "write", ...byKey },
    { outcome: "allowed", action: "start_conversation", principal: null, key: null },
    { outcome: "allowed", action: "get_conversation", scope: "read", target: id, ...byKey },
    {
      ...{ outcome: "refused", action: "get_conversation", target: foreign, ...byKey },
      reason: "The conversation is not among those that the caller reaches",
    },
    {
      ...{ outcome: "refused", action: "get_settings", ...byKey },
      reason: "This needs the scope 'admin'; the caller has 'write'",
    },
    { outcome: "refused", action: "delete_conversation", target: id, reason: "Unauthorized", key: null },
    { outcome: "refused", action: "create_secret", target: null, reason: "Unauthorized" },
  ]);
  expect(JSON.stringify(events)).not.toMatch(new RegExp(`HIDDEN|${key.slice(16)}`));
  for (const event of events) {
    expect(Object.keys(event).toSorted()).toEqual([
      "action",
      "address",
      "key",
      "outcome",
      "principal",
      "reason",
      "requestId",
      "scope",
      "target",
      "time",
    ]);
  }
});

it("keys that are revoked or get another text are reported by their ids", async () => {
  const events: AuditEvent[] = [];
  await using bench = await openAccess({ audit: (event) => void events.push(event) });
  const { id } = await bench.newKey({ scope: "read" });
  await bench.ask(OPERATOR_KEY, "POST", `/api/access-keys/${id}/rotate`);
  await bench.ask(OPERATOR_KEY, "DELETE", `/api/access-keys/${id}`);
  expect(events.slice(2).map(({ action, target, reason }) => [action, target, reason])).toEqual([
    ["rotate_access_key", id, null],
    ["revoke_access_key", id, null],
  ]);
});

it("limits that refuse are reported with what they allow", async () => {
  const events: AuditEvent[] = [];
  await using bench = await openAccess({ audit: (event) => void events.push(event) });
  const { key, id } = await bench.newKey({ scope: "read", limits: { requests_per_minute: 1 } });
  for (let asked = 0; asked < 2; asked += 1) await bench.ask(key, "GET", COUNT);
  expect(events.at(-1)).toMatchObject({
    ...{ outcome: "refused", action: "count_conversations", key: id },
    reason: `requests_per_minute: key ${id} may use 1 request a minute`,
  });
});

it("sockets are reported when they open, when they are refused, and when their key ends them", async () => {
  const events: AuditEvent[] = [];
  await using bench = await openAccess({ audit: (event) => void events.push(event) });
  const id = await bench.start(OPERATOR_KEY);
  const { url } = await bench.server.listen();
  const { key, id: keyId } = await bench.newKey({ scope: "read" });
  events.length = 0;
  const path = `${url.replace("http", "ws")}/sockets/events/${id}`;
  await closed(new WebSocket(path, { headers: { "x-session-api-key": "HIDDEN" } }));
  const wrong = new WebSocket(path);
  wrong.on("open", () => wrong.send(JSON.stringify({ type: "auth", session_api_key: "HIDDEN" })));
  await closed(wrong);
  const socket = new WebSocket(path, { headers: { "x-session-api-key": key } });
  await new Promise((done) => socket.once("message", done));
  await bench.ask(OPERATOR_KEY, "DELETE", `/api/access-keys/${keyId}`);
  await closed(socket);
  const about = { action: "follow_events", target: id };
  expect(events).toMatchObject([
    { ...about, outcome: "refused", key: null, address: "127.0.0.1", reason: "Unauthorized" },
    { ...about, outcome: "refused", key: null, reason: "Authentication failed" },
    { ...about, outcome: "allowed", key: keyId },
    { action: "revoke_access_key", outcome: "allowed", target: keyId },
    { ...about, outcome: "refused", key: keyId, reason: "The key has been revoked or has expired" },
  ]);
  expect(JSON.stringify(events)).not.toContain("HIDDEN");
});

it("a request of a foreign host or machine is reported where no key is required", async () => {
  const events: AuditEvent[] = [];
  await using server = createServer({
    ...{
      keyless: "loopback",
      store: memoryStore(),
      logger: "silent",
      audit: (event) => void events.push(event),
    },
  });
  const ask = (host: string, peerAddress: string) =>
    server.fetch(new Request(`http://${host}${COUNT}`, { headers: { host } }), { peerAddress });
  expect((await ask("rebound.example", "127.0.0.1")).status).toBeGreaterThanOrEqual(400);
  expect((await ask("localhost", "10.1.2.3")).status).toBe(403);
  expect(events.map(({ outcome, action, address }) => [outcome, action, address])).toEqual([
    ["refused", "count_conversations", "127.0.0.1"],
    ["refused", "count_conversations", "10.1.2.3"],
  ]);
});

it("a flood of refusals is cut short, and one event says by how many", async () => {
  const events: AuditEvent[] = [];
  const bench = await openAccess({ audit: (event) => void events.push(event) });
  for (let asked = 0; asked < 250; asked += 1) await bench.ask(null, "GET", COUNT);
  expect(events).toHaveLength(200);
  await bench.newKey({ scope: "read" });
  expect(events.at(-1)).toMatchObject({ outcome: "allowed" });
  await bench[Symbol.asyncDispose]();
  expect(events.at(-1)).toMatchObject({
    ...{ action: "audit", outcome: "refused", omitted: 50 },
    reason: "50 refusals came too fast to be reported, and 0 events could not be kept",
  });
});

it("a sink that throws, rejects or hangs holds up no request, and the log says what is lost", async () => {
  const sinks: [string, AuditSink][] = [
    [
      "throws",
      () => {
        throw new Error("no room");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("no room");
      },
    ],
    ["hangs", () => new Promise(() => {})],
  ];
  for (const [name, audit] of sinks) {
    const errors: [object, string][] = [];
    const quiet = () => {};
    const logger = {
      debug: quiet,
      info: quiet,
      warn: quiet,
      error: (f: object, m: string) => void errors.push([f, m]),
    };
    const server = createServer({ apiKeys: [OPERATOR_KEY], store: memoryStore(), logger, audit });
    const headers = { "x-session-api-key": OPERATOR_KEY };
    const ask = () => server.fetch(new Request(`http://localhost${COUNT}`, { headers }));
    for (let asked = 0; asked < 3; asked += 1) expect((await ask()).status).toBe(200);
    await server.close();
    if (name === "hangs") continue;
    expect([name, errors[0]]).toEqual([
      name,
      [{ error: "no room" }, "Audit events cannot be kept; they are lost"],
    ]);
    await expect.poll(() => errors.at(-1)?.[1], eventually).toBe("Audit events are lost");
  }
});

it("a sink that keeps nothing holds a bounded number of events", async () => {
  let taken = 0;
  const errors: string[] = [];
  const quiet = () => {};
  const logger = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: (_: object, m: string) => void errors.push(m),
  };
  const audit = () => {
    taken += 1;
    return new Promise<void>(() => {});
  };
  await using server = createServer({ apiKeys: [OPERATOR_KEY], store: memoryStore(), logger, audit });
  const headers = { "x-session-api-key": OPERATOR_KEY };
  const ask = () => server.fetch(new Request(`http://localhost${COUNT}`, { headers }));
  for (let asked = 0; asked < 10_050; asked += 50) await Promise.all(Array.from({ length: 50 }, ask));
  expect([taken, errors[0]]).toEqual([10_000, "Audit events cannot be kept; they are lost"]);
});

function closed(socket: WebSocket): Promise<unknown> {
  return new Promise((done) => {
    socket.on("close", done);
    socket.on("error", () => {});
  });
}
