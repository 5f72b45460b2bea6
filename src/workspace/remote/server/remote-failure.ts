import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../../errors.ts";
import { WorkspaceError } from "../../workspace-error.ts";
import type { ResolvedRemote } from "./remote-options.ts";

/** Characters of what the other server says in an error. */
const MAX_SHOWN = 500;

/** Milliseconds before the first repetition; each further one waits twice as long. */
const FIRST_DELAY = 100;

/** Failures of a connection that was never made: the request cannot have arrived. */
const UNSENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** A request whose answer did not come. Whether it did something is unknown, unless `isUnsent` says so. */
export class LostRequest extends WorkspaceError {
  /** Whether the request certainly did not arrive, or was turned away. */
  readonly isUnsent: boolean;

  constructor(remote: ResolvedRemote, cause: unknown, isUnsent = UNSENT.has(codeOf(cause))) {
    super("unavailable", messageFor(remote, reasonOf(cause)));
    this.isUnsent = isUnsent;
  }
}

/** Whether a request did nothing at the other server. */
export function isUnsent(error: unknown): boolean {
  return error instanceof LostRequest && error.isUnsent;
}

/** The error for a machine that did not do what it was asked. No message shows the key. */
export function lost(remote: ResolvedRemote, reason: string): WorkspaceError {
  return new WorkspaceError("unavailable", messageFor(remote, reason));
}

/** The error for an answer that is not what the routes promise. */
export function unreadable(remote: ResolvedRemote, what: string): WorkspaceError {
  return lost(remote, `its answer is not that of an agent server (${what})`);
}

/** Waits before a request is repeated. Rejects when the signal aborts. */
export async function afterFailure(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(FIRST_DELAY * 2 ** (attempt - 1), undefined, { signal });
}

/** Aborts a request whose other side has stopped: `patience` milliseconds after the last sign of life. */
export class Patience {
  readonly #patience: number;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(patience: number) {
    this.#patience = patience;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Begins to wait for the other side, again if it waits already. */
  begin(): void {
    this.end();
    const reason = new Error(`it did not answer for ${Math.round(this.#patience / 1000)} s`);
    this.#timer = setTimeout(() => this.#controller.abort(reason), this.#patience);
  }

  /** Stops waiting. */
  end(): void {
    clearTimeout(this.#timer);
  }
}

function messageFor({ address, apiKey }: ResolvedRemote, reason: string): string {
  const hidden = apiKey === undefined ? reason : reason.replaceAll(apiKey, "**********");
  const text = hidden.replace(/\s+/g, " ").trim();
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return `The remote machine at ${address} cannot be used: ${shown}`;
}

/** The deepest reason: "fetch failed" alone helps no one. */
function reasonOf(error: unknown): string {
  if (WorkspaceError.is(error))
    return error.message.replace(/^The remote machine at \S+ cannot be used: /, "");
  const cause = error instanceof Error ? error.cause : undefined;
  const code = codeOf(error);
  const reason = messageOf(cause ?? error) || messageOf(error);
  return code === "" || reason.includes(code) ? reason : `${reason} (${code})`;
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "";
}
