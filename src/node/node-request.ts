import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { inheritLater } from "./inherit-later.ts";
import { NodeHeaders } from "./node-headers.ts";

export interface NodeRequestSource {
  incoming: IncomingMessage;
  /** Absent for upgrades, which have no response. `signal` then follows the connection. */
  outgoing?: ServerResponse | undefined;
  /** Path and query, below the path at which a host mounts the server. */
  target: string;
  rawHeaders: readonly string[];
  /** The body, if the host has already read the stream. */
  body?: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * A `Request` that reads a Node request in place. `new Request(…)` would not do: it forbids a body on GET, which
 * clients of this server send, and constructing it costs more than a typical answer.
 *
 * It is `instanceof Request` and has all fields and readers. `new Request(nodeRequest)` and `fetch(nodeRequest)` reject
 * it, because they read internal slots; `clone()` returns a plain Request for them.
 */
export class NodeRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly #source: NodeRequestSource;
  #url: string | undefined;
  #aborter: AbortController | undefined;
  #content: Response | undefined;

  constructor(source: NodeRequestSource) {
    this.#source = source;
    this.method = source.incoming.method ?? "GET";
    this.headers = new NodeHeaders(source.rawHeaders) as unknown as Headers;
  }

  /**
   * The Node request that a body can be read from directly, with fewer steps for each chunk. null for other requests,
   * and where the body was read, or is about to be, in another way.
   */
  static unreadBody(request: Request): IncomingMessage | null {
    if (!(#source in request)) return null;
    const { incoming, body } = (request as unknown as NodeRequest).#source;
    const isTaken = (request as unknown as NodeRequest).#content !== undefined || body !== undefined;
    return isTaken || announcesNoBody(incoming) || incoming.readableEnded ? null : incoming;
  }

  get url(): string {
    this.#url ??= originOf(this.#source.incoming) + this.#source.target;
    return this.#url;
  }

  /** Aborts when the client disconnects before it has its answer. */
  get signal(): AbortSignal {
    this.#aborter ??= abortWhenGone(this.#source);
    return this.#aborter.signal;
  }

  get body(): ReadableStream | null {
    return this.#body().body;
  }

  get bodyUsed(): boolean {
    return this.#content?.bodyUsed ?? false;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#body().arrayBuffer();
  }

  blob(): Promise<Blob> {
    return this.#body().blob();
  }

  bytes(): Promise<Uint8Array> {
    return this.#body().bytes();
  }

  formData(): Promise<FormData> {
    return this.#body().formData();
  }

  json(): Promise<unknown> {
    return this.#body().json();
  }

  text(): Promise<string> {
    return this.#body().text();
  }

  /** Returns a plain Request. It has no body for GET and HEAD, because Fetch forbids one. */
  clone(): Request {
    const { method, headers, signal } = this;
    const bodiless = method === "GET" || method === "HEAD";
    const body = bodiless ? null : this.#body().clone().body;
    return new Request(this.url, { method, headers, signal, body, duplex: "half" });
  }

  /** Wraps the body in a Response, which has the same readers as a Request and allows a body for every method. */
  #body(): Response {
    this.#content ??= new Response(bodyOf(this.#source), { headers: contentType(this.headers) });
    return this.#content;
  }
}

/** Values of the fields that a Node request has no counterpart for. */
const FETCH_DEFAULTS = {
  cache: "default",
  credentials: "same-origin",
  destination: "",
  duplex: "half",
  integrity: "",
  keepalive: false,
  mode: "cors",
  redirect: "follow",
  referrer: "about:client",
  referrerPolicy: "",
};

Object.assign(NodeRequest.prototype, FETCH_DEFAULTS);
inheritLater(NodeRequest.prototype, () => Request.prototype);

function bodyOf({ incoming, body }: NodeRequestSource): Uint8Array<ArrayBuffer> | ReadableStream | null {
  if (body !== undefined) return body;
  return announcesNoBody(incoming) || incoming.readableEnded
    ? null
    : (Readable.toWeb(incoming) as ReadableStream);
}

function contentType(headers: Headers): Record<string, string> {
  const type = headers.get("content-type");
  return type === null ? {} : { "content-type": type };
}

/**
 * Host names and IP addresses with an optional port. A slash, for example, would move part of the host into the path.
 */
const HOST = /^[\w.~-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i;

/** Replaces an invalid Host header. It must not be a name of this machine, because the host guard reads it. */
const INVALID_HOST = "unreadable.invalid";

function originOf({ headers, socket }: IncomingMessage): string {
  const host = headers.host ?? headers[":authority"];
  const name = typeof host !== "string" ? "localhost" : HOST.test(host) ? host : INVALID_HOST;
  return `${"encrypted" in socket ? "https" : "http"}://${name}`;
}

function abortWhenGone({ incoming, outgoing }: NodeRequestSource): AbortController {
  const aborter = new AbortController();
  const source = outgoing ?? incoming.socket;
  const onClose = () => {
    if (!outgoing?.writableFinished) aborter.abort();
  };
  if (source.destroyed) onClose();
  else source.once("close", onClose);
  return aborter;
}

/** Tells whether the headers of a request rule out a body. */
export function announcesNoBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] === undefined && (length === undefined || length === "0");
}
