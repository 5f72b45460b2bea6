import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HttpCore } from "../../../src/http/http-core.ts";
import { socketRoute } from "../../../src/http/sockets/socket-route.ts";
import { get, KEY, makeCore, withKey } from "../make-core.ts";
import { type SocketPair, socketPair } from "./socket-pair.ts";

const ID = "12345678-1234-1234-1234-123456789012";
const PATH = `/sockets/notes/${ID}`;
const AUTH = JSON.stringify({ type: "auth", session_api_key: KEY });

async function connect(path: string, headers: Record<string, string> = {}, core: HttpCore = makeCore()) {
  const outcome = await core.upgrade(get(path, headers));
  if (outcome instanceof Response) return { refused: outcome.status, body: await outcome.text() };
  const pair = socketPair();
  outcome(pair.server);
  return pair.client;
}

async function accepted(
  path: string,
  headers?: Record<string, string>,
  core?: HttpCore,
): Promise<SocketPair["client"]> {
  const client = await connect(path, headers, core);
  if ("refused" in client) throw new Error(`Refused with ${client.refused}`);
  return client;
}

const REFUSED = { refused: 403, body: "" };

describe("a key named before the socket opens", () => {
  it("is taken from the query or the header", async () => {
    expect((await accepted(`${PATH}?session_api_key=${encodeURIComponent(KEY)}`)).received).toEqual([
      `hello ${ID}`,
    ]);
    expect((await accepted(PATH, withKey())).received).toEqual([`hello ${ID}`]);
  });

  it("is final when it is wrong, and the query wins", async () => {
    expect(await connect(`${PATH}?session_api_key=nope`)).toEqual(REFUSED);
    expect(await connect(PATH, { "x-session-api-key": "nope" })).toEqual(REFUSED);
    expect(await connect(`${PATH}?session_api_key=nope`, withKey())).toEqual(REFUSED);
    expect(await connect(`${PATH}?session_api_key=`, withKey())).toEqual(REFUSED);
  });
});

describe("a key in the first frame", () => {
  it("opens the stream; nothing is sent before", async () => {
    const client = await accepted(PATH);
    expect(client.received).toEqual([]);
    client.send(AUTH);
    await expect.poll(() => client.received).toEqual([`hello ${ID}`]);
    client.send("more");
    expect(client.received).toEqual([`hello ${ID}`, "heard more"]);
  });

  it("loses nothing sent right after it to a handler that listens late", async () => {
    const client = await accepted("/sockets/late");
    client.send(AUTH);
    client.send("one");
    client.send("two");
    await expect.poll(() => client.received).toEqual(["heard one", "heard two"]);
  });

  it.each([
    ["a wrong key", JSON.stringify({ type: "auth", session_api_key: "nope" })],
    ["another type", JSON.stringify({ type: "hello", session_api_key: KEY })],
    ["no key", JSON.stringify({ type: "auth" })],
    ["a key that is no text", JSON.stringify({ type: "auth", session_api_key: [KEY] })],
    ["a list", "[]"],
    ["null", "null"],
    ["no JSON", "{"],
    ["bytes", new TextEncoder().encode(AUTH)],
  ])("%s closes with 4001", async (_name, frame) => {
    const client = await accepted(PATH);
    client.send(frame);
    await expect.poll(() => client.closed).toEqual({ code: 4001, reason: "Authentication failed" });
    expect(client.received).toEqual([]);
  });

  it("gets no second try", async () => {
    const client = await accepted(PATH);
    client.send("{");
    client.send(AUTH);
    await expect.poll(() => client.closed?.code).toBe(4001);
    expect(client.received).toEqual([]);
  });
});

describe("a silent socket", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is closed after ten seconds", async () => {
    const client = await accepted(PATH);
    vi.advanceTimersByTime(9_999);
    expect(client.closed).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(client.closed).toEqual({ code: 4001, reason: "Authentication failed" });
  });

  it("is one of a bounded number, and makes room when it goes", async () => {
    const core = makeCore();
    const waiting = [];
    for (let count = 0; count < 256; count += 1) waiting.push(await accepted(PATH, {}, core));
    expect(await connect(PATH, {}, core)).toMatchObject({ refused: 503 });
    expect((await accepted(PATH, withKey(), core)).received).toHaveLength(1);
    waiting[0]?.leave();
    waiting[1]?.send(AUTH);
    expect((await accepted(PATH, {}, core)).closed).toBeUndefined();
    expect((await accepted(PATH, {}, core)).closed).toBeUndefined();
    expect(await connect(PATH, {}, core)).toMatchObject({ refused: 503 });
  });
});

describe("silent sockets of one address", () => {
  const from = (peerAddress: string, core: HttpCore) => core.upgrade(get(PATH), { peerAddress });

  it("have a share of the places, so that others find some", async () => {
    const core = makeCore();
    const pairs: SocketPair[] = [];
    const open = async (address: string) => {
      const connect = await from(address, core);
      if (connect instanceof Response) return connect.status;
      const pair = socketPair();
      connect(pair.server);
      pairs.push(pair);
      return 101;
    };
    for (let count = 0; count < 64; count += 1) expect(await open("10.0.0.7")).toBe(101);
    expect(await open("10.0.0.7")).toBe(503);
    expect(await open("::ffff:10.0.0.7")).toBe(503);
    expect(await open("10.0.0.8")).toBe(101);
    pairs[0]?.client.leave();
    expect(await open("10.0.0.7")).toBe(101);
    for (const { client } of pairs) client.leave();
  });

  it("take no more of them by coming all at once", async () => {
    const core = makeCore();
    const connects = await Promise.all(Array.from({ length: 100 }, () => from("10.0.0.7", core)));
    const pairs = connects.map((connect) => {
      if (connect instanceof Response) throw new Error(`refused with ${connect.status}`);
      const pair = socketPair();
      connect(pair.server);
      return pair;
    });
    expect(pairs.filter(({ client }) => client.closed === undefined)).toHaveLength(64);
    expect(pairs.at(-1)?.client.closed?.code).toBe(1013);
    for (const { client } of pairs) client.leave();
  });
});

describe("a server that takes no keys in the query", () => {
  const core = makeCore({ queryKey: false });

  it("refuses them, right or wrong, and takes keys in headers and frames", async () => {
    expect(await connect(`${PATH}?session_api_key=${encodeURIComponent(KEY)}`, {}, core)).toEqual(REFUSED);
    expect(await connect(`${PATH}?session_api_key=no`, {}, core)).toEqual(REFUSED);
    expect(await connect(`${PATH}?session_api_key=no`, withKey(), core)).toEqual(REFUSED);
    expect((await accepted(PATH, withKey(), core)).received).toEqual([`hello ${ID}`]);
    const client = await accepted(PATH, {}, core);
    client.send(AUTH);
    await expect.poll(() => client.received).toEqual([`hello ${ID}`]);
  });
});

describe("an upgrade", () => {
  it("to an unknown path or with a bad parameter is 403 without a body", async () => {
    expect(await connect("/sockets/nope", withKey())).toEqual(REFUSED);
    expect(await connect("/health", withKey())).toEqual(REFUSED);
    expect(await connect("/sockets/notes/not-a-uuid", withKey())).toEqual(REFUSED);
  });

  it("of a foreign page is refused, with a key too", async () => {
    expect(await connect(PATH, withKey({ origin: "https://evil.example" }))).toMatchObject({ refused: 403 });
    expect(await connect(PATH, withKey({ origin: "null" }))).toMatchObject({ refused: 403 });
  });

  it("of an allowed page, of our own page and of a program is taken", async () => {
    for (const headers of [
      { origin: "http://localhost:3000" },
      { origin: "https://app.example.com" },
      { origin: "https://agent.lan:8000", host: "agent.lan:8000" },
      {},
    ]) {
      expect((await accepted(PATH, withKey(headers as Record<string, string>))).received).toHaveLength(1);
    }
  });

  it("below a base path is found", async () => {
    const core = makeCore({ basePath: "/agents" });
    expect((await accepted(`/agents${PATH}`, withKey(), core)).received).toHaveLength(1);
  });
});

describe("without keys", () => {
  const open = makeCore({ keys: [] });

  it("a socket opens at once", async () => {
    expect((await accepted(PATH, {}, open)).received).toEqual([`hello ${ID}`]);
    expect((await accepted(`${PATH}?session_api_key=any`, {}, open)).received).toEqual([`hello ${ID}`]);
  });

  it("a foreign host is refused", async () => {
    expect(await connect(PATH, { host: "evil.example" }, open)).toMatchObject({ refused: 403 });
  });
});

describe("with a host app's own check", () => {
  const hosted = makeCore({
    keys: [],
    authenticate: (request) => request.headers.get("cookie") === "user=me",
  });

  it("it alone decides", async () => {
    expect((await accepted(PATH, { cookie: "user=me" }, hosted)).received).toHaveLength(1);
    expect(await connect(PATH, {}, hosted)).toEqual(REFUSED);
    expect(await connect(`${PATH}?session_api_key=x`, withKey(), hosted)).toEqual(REFUSED);
  });

  it("the socket knows the principal it names", async () => {
    const whoami = socketRoute({ path: "/sockets/me", id: "me", summary: "Test", access: "read" }).handle(
      ({ principal }) =>
        (socket) =>
          socket.send(principal?.id ?? "nobody"),
    );
    const named = makeCore({ sockets: [whoami], authenticate: () => ({ id: "ada" }) });
    expect((await accepted("/sockets/me", {}, named)).received).toEqual(["ada"]);
    const keyed = makeCore({ sockets: [whoami] });
    expect((await accepted("/sockets/me", withKey(), keyed)).received).toEqual(["nobody"]);
  });
});
