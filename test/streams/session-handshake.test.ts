import { createTestServer, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { SessionFrame } from "../../src/wire/events/session-frames.ts";

const KEY = "the-key";

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

it("asks for a key in the first frame, and refuses another one with 4001", async () => {
  const { open, id } = await served();
  const good = open(`session/${id}`, { frames: [auth(KEY)] });
  await good.sent("transient");
  expect(good.frames[0]?.type).toBe("sync");
  const bad = open(`session/${id}`, { frames: [auth("another")] });
  expect(await bad.closed).toEqual({ code: 4001, reason: "Authentication failed" });
  expect(bad.frames).toEqual([]);
});

it("takes a key of the query or of a header; a wrong one is answered with 403 before the socket opens", async () => {
  const { open, id } = await served();
  await open(`session/${id}?session_api_key=${KEY}`, {}).sent("transient");
  await open(`session/${id}`, { key: KEY }).sent("transient");
  expect(await open(`session/${id}`, { key: "another" }).status).toBe(403);
  expect(await open(`session/${id}?session_api_key=another`, { key: KEY }).status).toBe(403);
});

it("answers an id or a place that is none with 403, and takes no notice of other parameters", async () => {
  const { open, id } = await served();
  const places = ["x", "1.5", "", "-1e3", "true"];
  for (const place of places)
    expect(await open(`session/${id}?after_seq=${place}`, { key: KEY }).status).toBe(403);
  expect(await open("session/no-uuid?after_seq=-1", { key: KEY }).status).toBe(403);
  const odd = open(`session/${id.replaceAll("-", "")}?after_seq=-1&resend_mode=nothing&x=y`, { key: KEY });
  await odd.sent("transient");
  expect(odd.frames[0]).toMatchObject({ type: "sync", from_seq: -1 });
});

it("takes a message that comes right behind the key, before the socket is served, on either socket", async () => {
  const { open, id, test } = await served();
  const hello = JSON.stringify({ role: "user", content: [{ type: "text", text: "Hello." }] });
  const session = open(`session/${id}`, { frames: [auth(KEY), hello] });
  const events = open(`events/${id}`, { frames: [auth(KEY), hello] });
  const said = () => test.conversations.events.count(id, { kind: "MessageEvent", source: "user" });
  await expect.poll(said).toBe(2);
  expect([session.socket.readyState, events.socket.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
});

it("answers pings, and is closed by its client without a trace", async () => {
  const { open, id } = await served();
  const client = open(`session/${id}`, { key: KEY });
  await client.sent("transient");
  const pong = new Promise((resolve) => client.socket.once("pong", resolve));
  client.socket.ping();
  await pong;
  client.socket.close(1000);
  expect((await client.closed).code).toBe(1000);
});

async function served() {
  const test = await createTestServer({ llm: scriptedLlm(() => say("Hello to you.")), apiKeys: [KEY] });
  server = test;
  const listening = await test.listen(0);
  const base = listening.url.replace("http", "ws");
  const { id } = (
    await test.conversations.create({
      agent: { llm: { model: "scripted" } },
      workspace: { working_dir: "/project" },
      autotitle: false,
    } as never)
  ).info;
  const open = (path: string, options: ClientOptions) => new Client(`${base}/sockets/${path}`, options);
  return { test, id, open };
}

interface ClientOptions {
  key?: string;
  /** Sent as soon as the socket is open. */
  frames?: readonly string[];
}

class Client {
  readonly frames: SessionFrame[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Status of an answer that refuses the socket. */
  readonly status: Promise<number | undefined>;

  constructor(url: string, { key, frames = [] }: ClientOptions) {
    const socket = new WebSocket(url, key === undefined ? {} : { headers: { "X-Session-API-Key": key } });
    this.socket = socket;
    socket.on("error", () => {});
    socket.once("open", () => {
      for (const frame of frames) socket.send(frame);
    });
    socket.on("message", (data) => this.frames.push(JSON.parse(String(data))));
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    this.status = new Promise((resolve) => {
      socket.once("unexpected-response", (_, response) => resolve(response.statusCode));
      socket.once("open", () => resolve(undefined));
    });
  }

  async sent(type: SessionFrame["type"]): Promise<void> {
    await expect.poll(() => this.frames.some((frame) => frame.type === type)).toBe(true);
  }
}

function auth(key: string): string {
  return JSON.stringify({ type: "auth", session_api_key: key });
}
