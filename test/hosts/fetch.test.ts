import { beforeEach, describe, expect, it } from "vitest";
import { type SocketPair, socketPair } from "../http/sockets/socket-pair.ts";
import { createProbeServer, KEYS, type ProbeServer } from "./probe-server.ts";

/** The behaviours of every host, where the host is nothing but `fetch` and `upgrade`: no network, no Node bridge. */
let probe: ProbeServer;
beforeEach(() => {
  probe = createProbeServer();
});

const ORIGIN = "http://localhost";
const KEY = KEYS[0] ?? "";
const JSON_TYPE = { "content-type": "application/json" };

const send = (path: string, init?: RequestInit) => probe.server.fetch(new Request(ORIGIN + path, init));

describe("requests", () => {
  it("bring JSON, and get JSON", async () => {
    const body = JSON.stringify({ text: "grüße", list: [1, null], nested: { a: true } });
    const answer = await send("/probe/echo", { method: "POST", headers: JSON_TYPE, body });
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ body: JSON.parse(body) });
  });

  it("may have an empty body, whatever its content type", async () => {
    const answer = await send("/probe/optional", { method: "POST", headers: JSON_TYPE });
    expect(await answer.json()).toEqual({ given: false });
  });

  it("bring bodies of several megabytes", async () => {
    const body = JSON.stringify({ image: "x".repeat(5_000_000) });
    const answer = await send("/probe/echo", { method: "POST", headers: JSON_TYPE, body });
    expect(((await answer.json()) as { body: { image: string } }).body.image).toHaveLength(5_000_000);
  });

  it("need the key", async () => {
    const answers = [
      await send("/probe/keyed"),
      await send("/probe/keyed", { headers: { "X-Session-API-Key": KEY } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 200]);
  });

  it("pass their abort on to the handler", async () => {
    const leaving = new AbortController();
    const answer = send("/probe/patient", { signal: leaving.signal });
    await probe.seen.arrived;
    leaving.abort();
    await probe.seen.aborted;
    await answer;
  });
});

describe("answers", () => {
  it("stream: the beginning is there before the end", async () => {
    const { body } = await send("/probe/stream");
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toBe("early ");
    probe.seen.release();
    expect((await reader?.read())?.value).toBe("late");
  });

  it("stop when their reader leaves", async () => {
    const { body } = await send("/probe/endless");
    const reader = body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await probe.seen.cancelled;
  });

  it("keep repeated cookies apart", async () => {
    const { headers } = await send("/probe/cookies");
    expect(headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"]);
  });

  it("say which paths are not ours, so that the host can go on", async () => {
    expect([probe.server.handles("/elsewhere"), probe.server.handles("/probe/where")]).toEqual([false, true]);
    expect((await send("/elsewhere")).status).toBe(404);
  });
});

describe("sockets", () => {
  const PATH = "/sockets/echo/a";

  async function open(path: string, headers: Record<string, string> = {}): Promise<SocketPair["client"]> {
    const outcome = await probe.server.upgrade(new Request(ORIGIN + path, { headers }));
    if (outcome instanceof Response) throw new Error(`refused with ${outcome.status}`);
    const { server, client } = socketPair();
    outcome(server);
    return client;
  }

  it("echo, the key in a header", async () => {
    const client = await open(PATH, { "X-Session-API-Key": KEY });
    client.send("hello");
    await expect.poll(() => client.received).toEqual([`welcome to ${PATH}`, "hello"]);
  });

  it("echo, the key in the query", async () => {
    const client = await open(`${PATH}?session_api_key=${KEY}`);
    await expect.poll(() => client.received).toEqual([`welcome to ${PATH}`]);
  });

  it("echo, the key in the first frame", async () => {
    const client = await open(PATH);
    client.send(JSON.stringify({ type: "auth", session_api_key: KEY }));
    client.send("hello");
    await expect.poll(() => client.received).toEqual([`welcome to ${PATH}`, "hello"]);
  });

  it("are refused before the handshake, or closed with 4001 after a wrong first frame", async () => {
    await expect(open(`${PATH}?session_api_key=wrong`)).rejects.toThrow("refused with 403");
    const client = await open(PATH);
    client.send('{"type":"auth","session_api_key":"wrong"}');
    await expect.poll(() => client.closed).toEqual({ code: 4001, reason: "Authentication failed" });
    expect(client.received).toEqual([]);
  });

  it("are told to plain requests by a 426", async () => {
    expect((await send(PATH)).status).toBe(426);
  });
});

it("two servers live in one process", async () => {
  const other = createProbeServer({ basePath: "/other" });
  const where = await other.server.fetch(new Request(`${ORIGIN}/other/probe/where`));
  expect([where.status, (await send("/probe/where")).status]).toEqual([200, 200]);
});
