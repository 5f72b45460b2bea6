import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { WebSocket } from "ws";
import type { Stage } from "../http/stages.ts";
import { isLoopbackAddress } from "../loopback.ts";
import type { AgentServer } from "../server/create-server.ts";
import type { ContractCheck } from "./store-contract.ts";
import { createTestServer, type TestServer } from "./test-server.ts";

/** A running host that `hostContract` checks. */
export interface RunningHost {
  /** URL of the mounted server, with its mount path and without a slash at its end. */
  url: string;
  /** Ends the host as its users do. Open sockets must be closed with 1001. */
  close(): Promise<unknown>;
}

type Start = (server: AgentServer) => Promise<RunningHost> | RunningHost;

interface Hosted {
  url: string;
  server: TestServer;
  host: RunningHost;
  /** Addresses of the peers of all requests and upgrades, as the host gave them. */
  peers: readonly (string | undefined)[];
}

const KEY = "host-contract-key";
const KEY_HEADER = { "X-Session-API-Key": KEY };
const JSON_TYPE = { "content-type": "application/json" };
const LARGE = 3_000_000;
/** Maximum time to wait for a frame or an answer, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Lists checks of a host, such as an adapter for another framework, for any test runner. `start` mounts the server it
 * gets. Each check starts a new host and ends it.
 *
 * @example
 * ```ts
 * for (const { name, run } of hostContract(start)) test(name, run);
 * ```
 */
export function hostContract(start: Start): ContractCheck[] {
  return Object.entries(CHECKS).map(([name, check]) => ({
    name,
    run: async () => {
      const peers: (string | undefined)[] = [];
      const notePeer: Stage = (_request, next, { peerAddress }) => {
        peers.push(peerAddress);
        return next();
      };
      await using server = await createTestServer({ apiKeys: [KEY], stages: [notePeer], leakCheck: false });
      const host = await start(server);
      try {
        await check({ url: host.url, server, host, peers });
      } finally {
        await host.close();
      }
    },
  }));
}

const CHECKS: Record<string, (hosted: Hosted) => Promise<void>> = {
  "answers a request": async ({ url }) => {
    assert.deepEqual(pick(await send(`${url}/health`)), [200, '{"status":"ok"}']);
  },

  "asks for the key, and takes it from a header": async ({ url }) => {
    assert.equal((await send(`${url}/api/conversations/count`)).status, 401);
    const answer = await send(`${url}/api/conversations/count`, { headers: KEY_HEADER });
    assert.deepEqual(pick(answer), [200, "0"]);
  },

  "brings a body, and its characters, whole": async ({ url, server }) => {
    const title = "grüße \u2028 🙂";
    const { id } = await server.start();
    const answer = await send(`${url}/api/conversations/${id}`, {
      method: "PATCH",
      headers: { ...KEY_HEADER, ...JSON_TYPE },
      body: JSON.stringify({ title }),
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await server.conversations.get(id)).title, title);
  },

  "brings a body of several megabytes": async ({ url, server }) => {
    const chat = await server.start();
    const words = "x".repeat(LARGE);
    const answer = await send(`${url}/api/conversations/${chat.id}/events`, {
      method: "POST",
      headers: { ...KEY_HEADER, ...JSON_TYPE },
      body: JSON.stringify({ content: [{ type: "text", text: words }] }),
    });
    assert.equal(answer.status, 200, answer.text);
    const page = await send(`${url}/api/conversations/${chat.id}/events/search`, { headers: KEY_HEADER });
    assert.ok(page.text.includes(words), "the message did not come back whole");
  },

  "brings a body that comes in chunks": async ({ url, server }) => {
    const { id } = await server.start();
    const answer = await send(`${url}/api/conversations/${id}`, {
      method: "PATCH",
      headers: { ...KEY_HEADER, ...JSON_TYPE, "transfer-encoding": "chunked" },
      body: ['{"title":', '"In pieces"}'],
    });
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await server.conversations.get(id)).title, "In pieces");
  },

  "brings a query that names one parameter twice": async ({ url, server }) => {
    const ids = [(await server.start()).id, (await server.start()).id];
    const query = ids.map((id) => `ids=${id}`).join("&");
    const answer = await send(`${url}/api/conversations?${query}`, { headers: KEY_HEADER });
    assert.deepEqual(
      (JSON.parse(answer.text) as { id: string }[]).map(({ id }) => id),
      ids,
    );
  },

  "brings the address of the peer from the connection, whatever headers say": async ({
    url,
    server,
    peers,
  }) => {
    const { id } = await server.start();
    const headers = { ...KEY_HEADER, "X-Forwarded-For": "192.0.2.7", Forwarded: "for=192.0.2.7" };
    await send(`${url}/health`, { headers });
    const { webSocket } = await connect(`${url}/sockets/events/${id}`, { headers });
    webSocket.close();
    assert.equal(peers.length, 2);
    assert.ok(
      peers.every((peer) => peer !== undefined && isLoopbackAddress(peer)),
      `the host gave the peers ${JSON.stringify(peers)}; without a key, peers that are not on loopback are refused`,
    );
  },

  "passes statuses, headers and errors through unchanged": async ({ url }) => {
    const answer = await send(`${url}/api/conversations/00000000-0000-4000-8000-00000000ffff`, {
      headers: KEY_HEADER,
    });
    assert.deepEqual(pick(answer), [404, '{"detail":"Not Found"}']);
    assert.match(answer.type, /^application\/json/);
    const unread = await send(`${url}/api/conversations`, {
      method: "POST",
      headers: { ...KEY_HEADER, ...JSON_TYPE },
      body: "{",
    });
    assert.equal(unread.status, 422, unread.text);
  },

  "serves a conversation over a socket, from its first event to its last": async ({ url, server }) => {
    const { id } = await server.start();
    const socket = await connect(`${url}/sockets/events/${id}`, { headers: KEY_HEADER });
    // A message over the socket is run.
    socket.webSocket.send(
      JSON.stringify({ role: "user", content: [{ type: "text", text: "Hello over the socket" }] }),
    );
    await socket.until((frame) => frame.includes("Hello over the socket"));
    await socket.until((frame) => /"key":\s?"execution_status"/.test(frame) && frame.includes('"finished"'));
    socket.webSocket.close();
  },

  "takes a socket's key from the query and from the first frame": async ({ url, server }) => {
    const { id } = await server.start();
    const path = `${url}/sockets/events/${id}`;
    const byQuery = await connect(`${path}?session_api_key=${KEY}`);
    await byQuery.until((frame) => frame.includes("full_state"));
    const byFrame = await connect(path, {
      first: JSON.stringify({ type: "auth", session_api_key: KEY }),
    });
    await byFrame.until((frame) => frame.includes("full_state"));
    for (const { webSocket } of [byQuery, byFrame]) webSocket.close();
  },

  "refuses a socket with a wrong key before the handshake": async ({ url, server }) => {
    const { id } = await server.start();
    await assert.rejects(connect(`${url}/sockets/events/${id}?session_api_key=wrong`), /refused with 403/);
  },

  "closes open sockets with 1001 when it ends": async ({ url, server, host }) => {
    const { id } = await server.start();
    const { closed, until } = await connect(`${url}/sockets/events/${id}`, { headers: KEY_HEADER });
    await until((frame) => frame.includes("full_state"));
    await Promise.all([host.close(), server.close()]);
    assert.equal(await closed, 1001);
  },
};

interface Answer {
  status: number;
  type: string;
  text: string;
}

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  /** A list is sent in pieces. */
  body?: string | string[];
}

function pick({ status, text }: Answer): [number, string] {
  return [status, text];
}

/** Sends a request on a new connection, because a kept connection would delay the end of the host. */
function send(url: string, { method = "GET", headers = {}, body = [] }: Sent = {}): Promise<Answer> {
  const pieces = typeof body === "string" ? [body] : body;
  const length = typeof body === "string" ? { "content-length": String(Buffer.byteLength(body)) } : {};
  return new Promise((resolve, reject) => {
    const ask = url.startsWith("https:") ? httpsRequest : httpRequest;
    const options = { method, headers: { ...length, ...headers }, agent: false, timeout: PATIENCE };
    const request = ask(url, { ...options, rejectUnauthorized: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on("timeout", () => request.destroy(new Error(`no answer from ${url}`)));
    request.on("error", reject);
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}

interface Connected {
  webSocket: WebSocket;
  closed: Promise<number>;
  /** Waits for a frame. Frames that arrived before count too. */
  until(isMeant: (frame: string) => boolean): Promise<void>;
}

async function connect(
  url: string,
  { headers = {}, first }: { headers?: Record<string, string>; first?: string } = {},
): Promise<Connected> {
  const webSocket = new WebSocket(url.replace(/^http/, "ws"), { headers, rejectUnauthorized: false });
  const frames: string[] = [];
  const closed = new Promise<number>((resolve) => webSocket.on("close", resolve));
  webSocket.on("message", (data) => frames.push(String(data)));
  await new Promise<void>((resolve, reject) => {
    webSocket.on("open", resolve);
    webSocket.on("error", reject);
    webSocket.on("unexpected-response", (request, response) => {
      request.destroy();
      reject(new Error(`refused with ${response.statusCode}`));
    });
  });
  if (first !== undefined) webSocket.send(first);
  const until = async (isMeant: (frame: string) => boolean) => {
    const deadline = performance.now() + PATIENCE;
    while (!frames.some(isMeant)) {
      const hasEnded = webSocket.readyState === WebSocket.CLOSED;
      if (hasEnded || performance.now() > deadline) {
        throw new assert.AssertionError({
          message: `the expected frame did not arrive; these did:\n${frames.join("\n")}`,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { webSocket, closed, until };
}
