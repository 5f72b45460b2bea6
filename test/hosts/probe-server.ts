import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentServer } from "agent-server";
import { z } from "zod";
import { type ByteSource, bytes } from "../../src/http/content/bytes.ts";
import { sse } from "../../src/http/content/event-stream.ts";
import { upload } from "../../src/http/content/upload.ts";
import { createHttpCore } from "../../src/http/http-core.ts";
import { route } from "../../src/http/route/route.ts";
import type { Socket } from "../../src/http/socket.ts";
import { socketRoute } from "../../src/http/sockets/socket-route.ts";
import type { Stage } from "../../src/http/stages.ts";
import { silentLogger } from "../../src/logger.ts";
import { receiveUpload } from "../../src/node/uploads/receive-upload.ts";

export const KEYS = ["first-key", "second-key"];

/** What the probes saw, for tests to wait on. */
interface Seen {
  closed: boolean;
  /** Called by tests to let `/probe/stream` send its second half. */
  release: () => void;
  /** `/probe/patient` or `/probe/late` has a request. */
  arrived: Promise<void>;
  aborted: Promise<void>;
  cancelled: Promise<void>;
  /** Chunks `/probe/endless` was asked for. */
  pulled: number;
  sockets: Set<Socket>;
  /** How the reading of each upload ended. */
  uploads: ("whole" | "cut")[];
  /** Uploads that are being read. */
  uploading: number;
  /** How often `/probe/file` is being read. */
  openFiles: number;
  /** Addresses of peers, request by request, upgrades included. */
  peers: (string | undefined)[];
}

export interface ProbeServer {
  server: AgentServer;
  seen: Seen;
}

export interface ProbeOptions {
  basePath?: string;
  /** Default: `KEYS`. Without any, only this machine is served. */
  keys?: readonly string[];
}

/** The real HTTP core over routes that show what a host did to a request on its way here. */
export function createProbeServer({ basePath, keys = KEYS }: ProbeOptions = {}): ProbeServer {
  const released = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  const seen: Seen = {
    closed: false,
    release: released.resolve,
    arrived: arrived.promise,
    aborted: aborted.promise,
    cancelled: cancelled.promise,
    pulled: 0,
    sockets: new Set(),
    uploads: [],
    uploading: 0,
    openFiles: 0,
    peers: [],
  };
  const notePeer: Stage = (_request, next, { peerAddress }) => {
    seen.peers.push(peerAddress);
    return next();
  };
  const any = z.unknown();
  const spec = { summary: "Probe", tags: ["Probe"], auth: "open" } as const;
  const ok = { 200: { description: "OK", body: any } } as const;

  const routes = [
    route({ ...spec, id: "root", method: "GET", path: "/", responses: ok }).handle(() => ({
      status: 200,
      body: "the root",
    })),
    route({ ...spec, id: "where", method: "GET", path: "/probe/where", responses: ok }).handle(
      ({ request }) => {
        const url = new URL(request.url);
        const headers = [...request.headers].filter(([name]) => name.startsWith("x-"));
        return { status: 200, body: { path: url.pathname + url.search, protocol: url.protocol, headers } };
      },
    ),
    route({ ...spec, id: "echo", method: "POST", path: "/probe/echo", body: any, responses: ok }).handle(
      ({ body }) => ({ status: 200, body: { body } }),
    ),
    route({ ...spec, id: "echoOnGet", method: "GET", path: "/probe/echo", body: any, responses: ok }).handle(
      ({ body }) => ({ status: 200, body: { body } }),
    ),
    route({
      ...spec,
      id: "optional",
      method: "POST",
      path: "/probe/optional",
      body: any,
      bodyOptional: true,
      responses: ok,
    }).handle(({ body }) => ({ status: 200, body: { given: body !== undefined } })),
    route({ ...spec, id: "raw", method: "POST", path: "/probe/raw", responses: ok }).handle(
      async ({ request }) => {
        const bytes = new Uint8Array(await request.arrayBuffer());
        return { status: 200, body: { length: bytes.length, type: request.headers.get("content-type") } };
      },
    ),
    ...[32, 1].map((mebibytes) =>
      route({
        ...spec,
        id: `upload${mebibytes}`,
        method: "POST",
        path: `/probe/upload/${mebibytes}`,
        auth: "key",
        body: upload("file", { maxFileBytes: mebibytes * 1024 * 1024 }),
        responses: ok,
      }).handle(async ({ body: upload }) => {
        seen.uploading += 1;
        const hashing = hashOf(upload.content).finally(() => (seen.uploading -= 1));
        hashing.then(
          () => seen.uploads.push("whole"),
          () => seen.uploads.push("cut"),
        );
        const hash = await hashing;
        return { status: 200, body: { name: upload.name, type: upload.type, size: upload.size, hash } };
      }),
    ),
    route({
      ...spec,
      id: "refusedUpload",
      method: "POST",
      path: "/probe/upload/refused",
      body: upload("file"),
      responses: ok,
    }).handle(() => {
      throw new Error("not this file");
    }),
    route({
      ...spec,
      id: "file",
      method: "GET",
      path: "/probe/file",
      head: true,
      responses: { 200: bytes("application/x-big") },
    }).handle(() => ({ status: 200, bytes: bigFile(seen) })),
    route({
      ...spec,
      id: "events",
      method: "GET",
      path: "/probe/events",
      responses: { 200: sse() },
    }).handle(() => ({
      status: 200,
      events: async (stream) => {
        stream.send({ event: "greeting", data: "hello" });
        await new Promise((resolve) => stream.signal.addEventListener("abort", resolve));
        cancelled.resolve();
      },
    })),
    route({
      ...spec,
      id: "flood",
      method: "GET",
      path: "/probe/flood",
      responses: { 200: sse() },
    }).handle(() => ({
      status: 200,
      events: async (stream) => {
        await delay(20);
        while (!stream.signal.aborted) stream.send({ data: "x".repeat(64 * 1024) });
      },
    })),
    route({ ...spec, id: "keyed", method: "GET", path: "/probe/keyed", auth: "key", responses: ok }).handle(
      () => ({
        status: 200,
        body: "let in",
      }),
    ),
    route({
      ...spec,
      id: "empty",
      method: "DELETE",
      path: "/probe/empty",
      responses: { 204: { description: "" } },
    }).handle(() => ({ status: 204 })),
    route({ ...spec, id: "cookies", method: "GET", path: "/probe/cookies", responses: ok }).handle(() => {
      const headers = new Headers({ "content-type": "text/plain" });
      headers.append("set-cookie", "a=1; Path=/");
      headers.append("set-cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
      return new Response("baked", { headers });
    }),
    route({ ...spec, id: "stream", method: "GET", path: "/probe/stream", responses: ok }).handle(() => {
      const encoder = new TextEncoder();
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(encoder.encode("early "));
          await released.promise;
          controller.enqueue(encoder.encode("late"));
          controller.close();
        },
      });
      return new Response(body);
    }),
    route({ ...spec, id: "endless", method: "GET", path: "/probe/endless", responses: ok }).handle(() => {
      const chunk = new Uint8Array(64 * 1024);
      const body = new ReadableStream({
        async pull(controller) {
          seen.pulled += 1;
          controller.enqueue(chunk);
          await delay(0);
        },
        cancel: () => cancelled.resolve(),
      });
      return new Response(body);
    }),
    route({ ...spec, id: "late", method: "GET", path: "/probe/late", responses: ok }).handle(
      async ({ request }) => {
        arrived.resolve();
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
      },
    ),
    route({ ...spec, id: "patient", method: "GET", path: "/probe/patient", responses: ok }).handle(
      async ({ request }) => {
        arrived.resolve();
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        aborted.resolve();
        return { status: 200, body: "nobody reads this" };
      },
    ),
  ];

  const sockets = [
    socketRoute({ id: "echoSocket", summary: "Echo", path: "/sockets/echo/{name}" }).handle(
      ({ request }) =>
        (socket) => {
          seen.sockets.add(socket);
          socket.onClose(() => seen.sockets.delete(socket));
          socket.send(`welcome to ${new URL(request.url).pathname}`);
          socket.onMessage((data) => socket.send(typeof data === "string" ? data : `${data.length} bytes`));
        },
    ),
  ];

  const core = createHttpCore({
    routes,
    sockets,
    keys,
    keyless: "loopback",
    stages: [notePeer],
    receiveUpload,
    cors: { origins: [] },
    allowedHosts: [],
    basePath,
    logger: silentLogger,
    newId: () => crypto.randomUUID(),
    now: () => Date.now(),
    version: "0",
  });
  const close = async () => {
    seen.closed = true;
  };
  return { server: { ...core, close } as unknown as AgentServer, seen };
}

export const BIG_FILE_SIZE = 64 * 1024 * 1024;

/** A file that need not exist: each byte is the last digit of its mebibyte. */
function bigFile(seen: Seen): ByteSource {
  return {
    size: BIG_FILE_SIZE,
    modifiedAt: Date.UTC(2026, 10, 26),
    read(start, end) {
      let at = start;
      seen.openFiles += 1;
      return new ReadableStream({
        pull(controller) {
          const mebibyte = Math.floor(at / 1024 ** 2);
          const next = Math.min(end, (mebibyte + 1) * 1024 ** 2, at + 64 * 1024);
          controller.enqueue(new Uint8Array(next - at).fill(0x30 + (mebibyte % 10)));
          at = next;
          if (at < end) return;
          controller.close();
          seen.openFiles -= 1;
        },
        cancel() {
          seen.openFiles -= 1;
        },
      });
    },
  };
}

export async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
