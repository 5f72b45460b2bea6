import { AgentServerError, type ErrorCode, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { settledWithin } from "../../waiting.ts";
import type { RequestAbout } from "../request-about.ts";
import type { AuditEvent, AuditSink } from "./audit-event.ts";
import type { Caller } from "./caller.ts";
import { type RouteAccess, scopeOf } from "./route-access.ts";

/** Refusals that are reported at once, and further ones a second: a flood must not fill a disk. */
const BURST = 200;
const REFILL_PER_SECOND = 20;
/** Events that a sink may have that it has not kept yet. Further ones are lost. */
const MAX_WAITING = 10_000;
/** Milliseconds between two notes about events that are missing. */
const NOTE_PAUSE = 10_000;
/** Milliseconds that the end of a server waits for its sink. */
const CLOSE_WAIT = 5_000;
/** Characters of a target. Callers choose it. */
const MAX_TARGET = 128;
/** Codes whose texts say nothing of a body. */
const TOLD: ReadonlySet<ErrorCode> = new Set([
  "unauthorized",
  "forbidden",
  "too_many_requests",
  "unavailable",
]);

export interface AuditorOptions {
  sink: AuditSink;
  logger: Logger;
  newId(): string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The request that an event is about. */
export interface AuditedRequest {
  /** Name of the operation. */
  action: string;
  access: RouteAccess;
  params: Readonly<Record<string, string>>;
  context: Pick<RequestAbout, "principal" | "peerAddress" | "requestId"> & { readonly caller?: Caller };
}

/** Reports what callers were allowed and refused. A sink that fails or hangs never holds up a request. */
export class Auditor {
  readonly #options: AuditorOptions;
  #left = BURST;
  #countedAt = 0;
  /** Refusals that are not reported, because too many came at once. */
  #omitted = 0;
  /** Events that the sink has not kept. */
  #lost = 0;
  #waiting = 0;
  #noting: ReturnType<typeof setTimeout> | undefined;

  constructor(options: AuditorOptions) {
    this.#options = options;
  }

  /** Reports what was allowed. What is open to everyone is not reported. */
  allowed(about: AuditedRequest, reason: string | null = null): void {
    if (about.access === "open") return;
    this.#report({ ...this.#factsOf(about), outcome: "allowed", reason });
  }

  /** Reports a refusal, for the error that says why or in words. */
  refused(about: AuditedRequest, why: unknown): void {
    if (!this.#mayReport()) {
      this.#omitted += 1;
      this.#noteLater();
      return;
    }
    this.#report({ ...this.#factsOf(about), outcome: "refused", reason: reasonOf(why) });
  }

  /** Reports what is missing, and waits for the sink. */
  async close(): Promise<void> {
    clearTimeout(this.#noting);
    this.#note();
    const { sink, logger } = this.#options;
    const flushed = (async () => sink.flushed?.())();
    await settledWithin(
      flushed.catch((error: unknown) => this.#fail(error)),
      CLOSE_WAIT,
    );
    clearTimeout(this.#noting);
    if (this.#lost > 0) logger.error({ events: this.#lost }, "Audit events are lost");
  }

  #report(event: AuditEvent): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#fail(new Error("the sink does not keep up"), event.omitted);
      return;
    }
    try {
      const kept = this.#options.sink(event);
      if (kept !== undefined) this.#await(kept, event.omitted);
    } catch (error) {
      this.#fail(error, event.omitted);
    }
  }

  #await(kept: Promise<void>, omitted: number | undefined): void {
    this.#waiting += 1;
    const done = () => {
      this.#waiting -= 1;
    };
    kept.then(done, (error: unknown) => {
      done();
      this.#fail(error, omitted);
    });
  }

  /** Counts an event that is lost, and those that it was about. */
  #fail(error: unknown, events = 1): void {
    if (this.#lost === 0)
      this.#options.logger.error({ error: messageOf(error) }, "Audit events cannot be kept; they are lost");
    this.#lost += events;
    this.#noteLater();
  }

  #noteLater(): void {
    if (this.#noting !== undefined) return;
    this.#noting = setTimeout(() => this.#note(), NOTE_PAUSE);
    this.#noting.unref();
  }

  /** Reports as one event what was left out and what was lost. If that fails, it counts once more. */
  #note(): void {
    this.#noting = undefined;
    const [omitted, lost] = [this.#omitted, this.#lost];
    if (omitted + lost === 0) return;
    if (lost > 0) this.#options.logger.error({ events: lost }, "Audit events are lost");
    this.#omitted = 0;
    this.#lost = 0;
    const reason = `${omitted} refusals came too fast to be reported, and ${lost} events could not be kept`;
    this.#report({
      ...{ time: this.#time(), outcome: "refused", action: "audit", target: null, scope: null },
      ...{ principal: null, key: null, address: null, requestId: this.#options.newId(), reason },
      omitted: omitted + lost,
    });
  }

  #factsOf({ action, access, params, context }: AuditedRequest): Omit<AuditEvent, "outcome" | "reason"> {
    const { principal, caller, peerAddress = null, requestId } = context;
    return {
      ...{ time: this.#time(), action, target: targetOf(params), scope: scopeOf(access) },
      ...{ principal: principal?.id ?? null, key: caller?.keyId ?? null },
      ...{ address: peerAddress, requestId },
    };
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString();
  }

  #mayReport(): boolean {
    const now = this.#options.now();
    const seconds = Math.max(0, now - this.#countedAt) / 1000;
    this.#left = Math.min(BURST, this.#left + seconds * REFILL_PER_SECOND);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** Names of parameters that say what a request is about. Paths of files are content. */
const NAMING = /(^|_)(id|name)$/;

function targetOf(params: Readonly<Record<string, string>>): string | null {
  const named = params.conversation_id ?? params.runtime_conversation_id;
  const target = named ?? Object.entries(params).find(([name]) => NAMING.test(name))?.[1];
  return target?.slice(0, MAX_TARGET).toWellFormed() ?? null;
}

function reasonOf(why: unknown): string {
  if (typeof why === "string") return why;
  if (!AgentServerError.is(why)) return "The credentials could not be checked";
  return TOLD.has(why.code) ? why.message : why.code;
}
