import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { NodeHeaders } from "./node-headers.ts";

export interface NodeRequestSource {
  incoming: IncomingMessage;
  /** Absent for upgrades, which have no response: the signal then follows the connection. */
  outgoing?: ServerResponse | undefined;
  /** Path and query, without the path below which a host mounted us. */
  target: string;
  rawHeaders: readonly string[];
  /** Stands for the stream where the host has read it already. */
  body?: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * A `Request` that reads a Node request in place. Two things are why it is not made by `new Request(…)`: Fetch forbids
 * a GET its body, which clients of this server do send, and making one costs more than answering it.
 *
 * It is an `instanceof Request` with all of its fields and readers; only `new Request(nodeRequest)` and `fetch(nodeRequest)`,
 * which look inside, refuse it. `clone()` gives a plain Request to those who need one.
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

  get url(): string {
    this.#url ??= originOf(this.#source.incoming) + this.#source.target;
    return this.#url;
  }

  /** Aborted when the client leaves before it has its answer. */
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

  /** A plain Request; the body of a GET or HEAD, which it cannot have, is left behind. */
  clone(): Request {
    const { method, headers, signal } = this;
    const bodiless = method === "GET" || method === "HEAD";
    const body = bodiless ? null : this.#body().clone().body;
    return new Request(this.url, { method, headers, signal, body, duplex: "half" });
  }

  /** A Response carries any body under any method and has all the readers a Request has. */
  #body(): Response {
    this.#content ??= new Response(bodyOf(this.#source), { headers: contentType(this.headers) });
    return this.#content;
  }
}

/** What Fetch says of a request that says nothing about these. */
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
Object.setPrototypeOf(NodeRequest.prototype, Request.prototype);

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

/** Anything else in a Host header, such as a slash, would move the border between host and path. */
const HOST = /^[\w.~-]+(:\d{1,5})?$|^\[[\da-f:.]+\](:\d{1,5})?$/i;

/** Not this machine's name: who may be served goes by it where HTTP/2 has no Host header. No name server knows it. */
const UNREADABLE_HOST = "unreadable.invalid";

function originOf({ headers, socket }: IncomingMessage): string {
  const host = headers.host ?? headers[":authority"];
  const known = typeof host !== "string" ? "localhost" : HOST.test(host) ? host : UNREADABLE_HOST;
  return `${"encrypted" in socket ? "https" : "http"}://${known}`;
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

export function announcesNoBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] === undefined && (length === undefined || length === "0");
}
