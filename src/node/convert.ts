import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "../http/answer.ts";
import { announcesNoBody, NodeRequest, type NodeRequestSource } from "./node-request.ts";

export interface ToRequestOptions {
  /** Path and query as we should see them: a host that mounts us below a path has stripped it. Default: `req.url`. */
  url?: string | undefined;
  /** What a body parser of the host made of the body; used only when it has read the stream to its end. */
  body?: unknown;
}

export function toRequest(
  incoming: IncomingMessage,
  outgoing?: ServerResponse,
  options: ToRequestOptions = {},
): Request {
  const target = toTarget(options.url ?? incoming.url);
  // Express 4 leaves `{}` for bodies its parser did not touch, and its parser makes `{}` of an empty one.
  if (options.body === undefined || !incoming.readableEnded || announcesNoBody(incoming)) {
    return asRequest({ incoming, outgoing, target, rawHeaders: incoming.rawHeaders });
  }
  const { bytes, type } = serializeParsed(options.body, incoming.headers["content-type"]);
  const rawHeaders = [...withoutEntityHeaders(incoming.rawHeaders), "content-length", String(bytes.length)];
  if (type !== undefined) rawHeaders.push("content-type", type);
  return asRequest({ incoming, outgoing, target, rawHeaders, body: bytes });
}

/** A NodeRequest has what a Request has, though not by its constructor. */
function asRequest(source: NodeRequestSource): Request {
  return new NodeRequest(source) as unknown as Request;
}

/** Path and query of a request line, which may also name a whole URL or `*`. */
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

/** Text and bytes are as they came; what a parser turned into a value goes back as JSON, whatever it was. */
function serializeParsed(body: unknown, type: string | undefined): Serialized {
  if (body instanceof Uint8Array) return { bytes: new Uint8Array(body), type };
  if (typeof body === "string" && !isJson(type)) return { bytes: new TextEncoder().encode(body), type };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { bytes, type: isJson(type) ? type : "application/json" };
}

function isJson(type: string | undefined): boolean {
  return type !== undefined && /^application\/([\w.+-]+\+)?json\b/i.test(type);
}

/** Writes an answer to the wire; resolves when it is out, or when the client has left. */
export async function writeResponse(outgoing: ServerResponse, answer: Answer | Response): Promise<void> {
  if (answer instanceof Response) await writeStream(outgoing, answer);
  else writeAnswer(outgoing, answer);
}

function writeAnswer(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  if (body === null) {
    outgoing.writeHead(status, isBodiless(status) ? headers : { ...headers, "content-length": "0" }).end();
    return;
  }
  outgoing.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) }).end(body);
}

async function writeStream(outgoing: ServerResponse, response: Response): Promise<void> {
  outgoing.writeHead(response.status, toNodeHeaders(response));
  if (response.body === null || outgoing.req.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  outgoing.once("close", cancel);
  try {
    while (!outgoing.destroyed) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!outgoing.write(value)) await untilDrained(outgoing);
    }
    if (outgoing.destroyed) cancel();
    else outgoing.end();
  } catch (error) {
    // The status is out already: a cut connection is the only way left to say that the body is not whole.
    outgoing.destroy(error instanceof Error ? error : undefined);
  } finally {
    outgoing.off("close", cancel);
  }
}

/** `set-cookie` keeps its several values; a body that is not there has no length and no type. */
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
