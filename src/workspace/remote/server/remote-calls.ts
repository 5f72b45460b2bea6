import { isObject } from "../../../is-object.ts";
import { credentialedFetch } from "../../../outbound/credentialed-fetch.ts";
import { readBounded } from "../../../read-bounded.ts";
import { CLAIM_HEADER, claimsText } from "../../machine-claim.ts";
import type { WatchRequest } from "../../workspace.ts";
import { WorkspaceError } from "../../workspace-error.ts";
import { afterFailure, isUnsent, LostRequest, lost, Patience, unreadable } from "./remote-failure.ts";
import type { ResolvedRemote } from "./remote-options.ts";

/** Bytes of a JSON answer. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** Bytes of a refusal. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Answers of a server that may have room or be back a moment later. Proxies give 502 and 504. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** A request to the other server. */
export interface Call {
  method: "GET" | "POST";
  path: string;
  query?: Readonly<Record<string, string>>;
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
  body?: { stream: ReadableStream<Uint8Array>; patience: Patience };
  signal?: AbortSignal | undefined;
  /** Milliseconds until the answer begins. Default: those of the options. */
  patience?: number;
  /** Whether it is one of many that only look whether something has come: these are not shown to what watches. */
  isLook?: boolean | undefined;
  /** How often it is tried when its answer is lost. It is tried again anyway when it certainly did not arrive. */
  attempts?: number;
}

/**
 * Requests to another agent server. Every answer is bounded in size and time, redirects are not followed, and no failure
 * shows the key.
 *
 * @throws WorkspaceError `unavailable`
 */
export class RemoteCalls {
  readonly #options: ResolvedRemote;
  readonly #fetch = credentialedFetch((target: string, init: RequestInit) => fetch(target, init));
  readonly #leaving = new AbortController();

  constructor(options: ResolvedRemote) {
    this.#options = options;
  }

  /** Ends what is on its way, and sends nothing any more. */
  leave(): void {
    this.#leaving.abort(new WorkspaceError("closed", "The workspace was left to another server."));
  }

  /** Sends a request, again where that may help. The answer is not read, and may be a refusal. */
  async send(call: Call): Promise<Response> {
    const { attempts = 1 } = call;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#sendOnce(call);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (isOwnershipLost(error)) throw error;
        this.#leaving.signal.throwIfAborted();
        const mayRepeat = isUnsent(error) ? call.body === undefined && attempt < 3 : attempt < attempts;
        if (!mayRepeat) throw error;
        await afterFailure(attempt, call.signal);
      }
    }
  }

  /** Sends a request and reads the JSON object that answers it. */
  async json(call: Call): Promise<Record<string, unknown>> {
    const response = await this.send(call);
    if (!response.ok) throw await this.refused(response);
    const patience = call.patience ?? this.#options.patience;
    const body = await this.body(response, { maxBytes: MAX_JSON_BYTES, patience });
    const value = this.#parse(body.toString("utf8"));
    if (!isObject(value)) throw unreadable(this.#options, "the answer");
    return value;
  }

  /** Reads an answer. One that is too large or does not end in time is left, and its connection is closed. */
  async body(
    { body }: Response,
    { maxBytes, patience = this.#options.patience }: { maxBytes: number; patience?: number },
  ): Promise<Buffer> {
    const leaving = new AbortController();
    const timer = setTimeout(() => leaving.abort(new Error("its answer did not end in time")), patience);
    try {
      // The reader of a body locks it: only a stream in between can be ended from outside.
      const { signal } = leaving;
      const passed = body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
      return await readBounded(passed ?? null, maxBytes);
    } catch (error) {
      throw new LostRequest(this.#options, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The error for an answer that is a refusal. Its text is what the other server says, cut to a sentence. */
  async refused(response: Response): Promise<Error> {
    const text = await this.body(response, { maxBytes: MAX_REFUSAL_BYTES }).then(String, () => "");
    return lost(this.#options, `it answered ${response.status}: ${detailOf(text)}`);
  }

  async #refusedClaim(response: Response): Promise<WorkspaceError> {
    const { message } = await this.refused(response);
    this.#options.claims?.lost();
    return new WorkspaceError("ownership_lost", message);
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new LostRequest(this.#options, error);
    }
  }

  async #sendOnce(call: Call): Promise<Response> {
    const { signal } = call;
    const { claims } = this.#options;
    this.#leaving.signal.throwIfAborted();
    const watch = call.body?.patience ?? new Patience(call.patience ?? this.#options.patience);
    watch.begin();
    try {
      const response = await this.#ask(call, watch.signal);
      if (response.status === 412 && claims !== undefined) throw await this.#refusedClaim(response);
      if (!BUSY.has(response.status)) return response;
      const isUnsent = response.status === 429 || response.status === 503;
      throw new LostRequest(this.#options, await this.refused(response), isUnsent);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof LostRequest || isOwnershipLost(error)) throw error;
      this.#leaving.signal.throwIfAborted();
      throw new LostRequest(this.#options, watch.signal.aborted ? watch.signal.reason : error);
    } finally {
      watch.end();
    }
  }

  #ask({ path, query = {}, isLook = false, ...call }: Call, patience: AbortSignal): Promise<Response> {
    const { address, watchRequest = sendUnwatched } = this.#options;
    const parameters = Object.keys(query).length === 0 ? "" : `?${new URLSearchParams(query)}`;
    const url = `${address}${path}${parameters}`;
    const init = this.#initOf(call, patience);
    const send = (traceHeaders: Readonly<Record<string, string>>) =>
      this.#fetch(url, { ...init, headers: { ...traceHeaders, ...init.headers } });
    return isLook ? send({}) : watchRequest({ method: call.method, url: new URL(url) }, send);
  }

  #initOf({ method, json, headers, body, signal }: Omit<Call, "path">, patience: AbortSignal) {
    const { apiKey, claims } = this.#options;
    const signals = [patience, this.#leaving.signal, ...(signal === undefined ? [] : [signal])];
    return {
      method,
      headers: {
        accept: "*/*",
        ...headers,
        ...(json !== undefined && { "content-type": "application/json" }),
        ...(apiKey !== undefined && { "x-session-api-key": apiKey }),
        ...(claims !== undefined && { [CLAIM_HEADER]: claimsText(claims.list) }),
      },
      signal: AbortSignal.any(signals),
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(body !== undefined && { body: body.stream, duplex: "half" as const }),
    };
  }
}

const sendUnwatched: WatchRequest = (_request, send) => send({});

function isOwnershipLost(error: unknown): boolean {
  return WorkspaceError.is(error) && error.code === "ownership_lost";
}

function detailOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return text;
    const detail = value.detail ?? value.exception ?? text;
    return typeof detail === "string" ? detail : JSON.stringify(detail);
  } catch {
    return text;
  }
}
