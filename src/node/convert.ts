import type { IncomingMessage, ServerResponse } from "node:http";
import { type Answer, isResponse } from "../http/answer.ts";
import { bytesReader } from "../http/content/exact-length.ts";
import type { ConnectionInfo } from "../http/fetch-server.ts";
import { announcesNoBody, NodeRequest, type NodeRequestSource } from "./node-request.ts";
import { dropRest, hasUnreadBody } from "./unread-body.ts";

/** Facts about a request that only the host app knows. */
export interface ToRequestOptions {
  /** Path and query below the path at which the host mounts the server. Default: `req.url`. */
  url?: string | undefined;
  /** The body as the host's body parser left it. Used only if the parser has read the stream to its end. */
  body?: unknown;
}

/** Wraps a Node request as a Fetch `Request`. */
export function toRequest(
  incoming: IncomingMessage,
  outgoing?: ServerResponse,
  options: ToRequestOptions = {},
): Request {
  const target = toTarget(options.url ?? incoming.url);
  // Express 4 sets `{}` both for bodies that its parser ignored and for empty ones.
  if (options.body === undefined || !incoming.readableEnded || announcesNoBody(incoming)) {
    return asRequest({ incoming, outgoing, target, rawHeaders: incoming.rawHeaders });
  }
  const { bytes, type } = serializeParsed(options.body, incoming.headers["content-type"]);
  const rawHeaders = [...withoutEntityHeaders(incoming.rawHeaders), "content-length", String(bytes.length)];
  if (type !== undefined) rawHeaders.push("content-type", type);
  return asRequest({ incoming, outgoing, target, rawHeaders, body: bytes });
}

/** The address comes from the connection itself, because any caller can write a header. */
export function connectionOf({ socket }: IncomingMessage): ConnectionInfo {
  return { peerAddress: socket.remoteAddress ?? NO_ADDRESS };
}

/** A Unix socket has no address. Proxies speak over one, so its peers are not taken for local users. */
const NO_ADDRESS = "";

/** A NodeRequest has every member of a Request, but TypeScript cannot see the inherited ones. */
function asRequest(source: NodeRequestSource): Request {
  return new NodeRequest(source) as unknown as Request;
}

/** Returns path and query of a request target, which may also be a whole URL or `*`. */
function toTarget(url = "/"): string {
  if (url.startsWith("/")) return url;
  const absolute = URL.parse(url);
  return absolute === null ? "/" : absolute.pathname + absolute.search;
}

const ENTITY_HEADERS = new Set(["content-type", "content-length", "content-encoding", "transfer-encoding"]);

function withoutEntityHeaders(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, at) => !ENTITY_HEADERS.has((rawHeaders[at & ~1] as string).toLowerCase()));
}

interface Serialized {
  bytes: Uint8Array<ArrayBuffer>;
  type: string | undefined;
}

/** Writes a parsed body as bytes again. Text and bytes are unchanged; any other value becomes JSON. */
function serializeParsed(body: unknown, type: string | undefined): Serialized {
  if (body instanceof Uint8Array) return { bytes: new Uint8Array(body), type };
  if (typeof body === "string" && !isJson(type)) return { bytes: new TextEncoder().encode(body), type };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { bytes, type: isJson(type) ? type : "application/json" };
}

function isJson(type: string | undefined): boolean {
  return type !== undefined && /^application\/([\w.+-]+\+)?json\b/i.test(type);
}

/** Writes an answer. Resolves once it is written or the client has disconnected. */
export async function writeResponse(outgoing: ServerResponse, answer: Answer | Response): Promise<void> {
  const isUnread = hasUnreadBody(outgoing);
  if (isUnread) outgoing.shouldKeepAlive = false;
  if (isResponse(answer)) await writeStream(outgoing, answer);
  else writeAnswer(outgoing, answer, isUnread);
  if (outgoing.destroyed || outgoing.writableEnded) return;
  if (isUnread) await dropRest(outgoing.req);
  outgoing.end();
}

/** Ends the answer, unless the rest of the request is still to come. */
function writeAnswer(outgoing: ServerResponse, { status, headers, body }: Answer, isUnread: boolean): void {
  const length = body === null ? 0 : Buffer.byteLength(body);
  outgoing.writeHead(status, isBodiless(status) ? headers : { ...headers, "content-length": String(length) });
  if (!isUnread) outgoing.end(body ?? undefined);
  else if (body === null) outgoing.flushHeaders();
  else outgoing.write(body);
}

async function writeStream(outgoing: ServerResponse, response: Response): Promise<void> {
  outgoing.writeHead(response.status, toNodeHeaders(response));
  if (response.body === null || outgoing.req.method === "HEAD") {
    await response.body?.cancel();
    outgoing.flushHeaders();
    return;
  }
  const bytes = bytesReader(response.body);
  const reader = bytes ?? response.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  outgoing.once("close", cancel);
  try {
    if (bytes !== null) await sendBytes(outgoing, bytes);
    else if (reader instanceof ReadableStreamDefaultReader) await sendPieces(outgoing, reader);
    if (outgoing.destroyed) cancel();
  } catch (error) {
    // The status is already sent, so only a broken connection can show that the body is incomplete.
    outgoing.destroy(error instanceof Error ? error : undefined);
  } finally {
    outgoing.off("close", cancel);
  }
}

async function sendPieces(
  outgoing: ServerResponse,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<void> {
  while (!outgoing.destroyed) {
    const { done, value } = await reader.read();
    if (done) return;
    if (!outgoing.write(value)) await untilDrained(outgoing);
  }
}

/** Bytes of each of the two buffers that a stream of bytes goes through. */
const BUFFER = 256 * 1024;

/** Reads into one buffer while the other is sent, so that a body of any size takes no more memory than both. */
async function sendBytes(outgoing: ServerResponse, reader: ReadableStreamBYOBReader): Promise<void> {
  let sending: Promise<Uint8Array<ArrayBuffer>> = Promise.resolve(new Uint8Array(BUFFER));
  let reading = reader.read(new Uint8Array(BUFFER));
  while (!outgoing.destroyed) {
    const { done, value } = await reading;
    const free = await sending;
    if (done || outgoing.destroyed) return;
    reading = reader.read(new Uint8Array(free.buffer));
    // Awaited in the next round.
    reading.catch(() => {});
    sending = sent(outgoing, value);
  }
}

/**
 * Resolves with the bytes once they are sent, or will never be: Node forgets the callback where the client has left.
 */
function sent(outgoing: ServerResponse, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("close", done);
      resolve(bytes);
    };
    outgoing.once("close", done);
    outgoing.write(bytes, done);
  });
}

/** Converts headers for Node. Several `set-cookie` values stay apart; answers without a body get no type. */
function toNodeHeaders({ status, headers, body }: Response): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    if (name !== "set-cookie") result[name] = value;
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) result["set-cookie"] = cookies;
  if (isBodiless(status)) {
    delete result["content-type"];
    delete result["content-length"];
  } else if (body === null) {
    result["content-length"] ??= "0";
  }
  return result;
}

function isBodiless(status: number): boolean {
  return status === 204 || status === 304;
}

function untilDrained(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.once("drain", done);
    outgoing.once("close", done);
  });
}
