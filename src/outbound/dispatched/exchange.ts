import { plainResponse } from "../plain-response.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { decodedBody } from "./decoded-body.ts";

/** The methods that a dispatcher of undici calls, by the names that every version with this global accepts. */
export interface DispatchHandler {
  onConnect(abort: (reason?: unknown) => void): void;
  onHeaders(status: number, headers: RawHeaders, resume: () => void, statusText: string): boolean;
  onData(chunk: Uint8Array): boolean;
  onComplete(): void;
  onError(error: unknown): void;
}

/** Names and values in turn. A list holds several values of one name. */
type RawHeaders = readonly (Buffer | readonly Buffer[])[];

/** Receives one answer of a dispatcher. Rejections are those of `fetch`. */
export class Exchange implements DispatchHandler {
  readonly #url: string;
  readonly #signal: AbortSignal | undefined;
  readonly #answer = Promise.withResolvers<Response>();
  #abort: ((reason?: unknown) => void) | undefined;
  #resume = () => {};
  #body: ChunkQueue | undefined;
  /** Why no more of the answer is wanted. */
  #end: { reason: unknown } | undefined;
  #isStarted = false;

  constructor(url: string, signal: AbortSignal | undefined) {
    this.#url = url;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Resolves when status and headers have arrived. */
  get answer(): Promise<Response> {
    return this.#answer.promise;
  }

  /** Whether the request was given to a connection. Before that nothing of it has been sent. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  onConnect(abort: (reason?: unknown) => void): void {
    this.#isStarted = true;
    this.#abort = abort;
    if (this.#end !== undefined) abort(this.#end.reason);
  }

  onHeaders(status: number, raw: RawHeaders, resume: () => void, statusText: string): boolean {
    if (status < 200) return true;
    this.#resume = resume;
    const headers = toHeaders(raw);
    const chunks = new ChunkQueue({ resume: () => this.#resume(), abort: () => this.#stop(cancelled()) });
    this.#body = chunks;
    const encoding = headers.get("content-encoding");
    const body = encoding === null ? chunks : decodedBody(chunks, encoding);
    this.#answer.resolve(plainResponse({ status, statusText, headers, url: this.#url, body }));
    return true;
  }

  onData(chunk: Uint8Array): boolean {
    return this.#body?.add(chunk) ?? true;
  }

  onComplete(): void {
    this.#forget();
    this.#body?.complete();
  }

  onError(error: unknown): void {
    this.#forget();
    if (this.#end !== undefined) this.#fail(this.#end.reason);
    else
      this.#fail(new TypeError(this.#body === undefined ? "fetch failed" : "terminated", { cause: error }));
  }

  readonly #onAbort = () => this.#stop(this.#signal?.reason);

  #stop(reason: unknown): void {
    this.#forget();
    this.#end ??= { reason };
    this.#fail(reason);
    this.#abort?.(reason);
  }

  #fail(error: unknown): void {
    this.#answer.reject(error);
    this.#body?.fail(error);
  }

  #forget(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }
}

function cancelled(): Error {
  return new Error("The rest of the answer is not read");
}

function toHeaders(raw: RawHeaders): Headers {
  const headers = new Headers();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]);
    for (const value of [raw[index + 1]].flat()) headers.append(name, latin1(value as Buffer));
  }
  return headers;
}

/** Header values are bytes. */
function latin1(value: Buffer): string {
  return value.toString("latin1");
}
