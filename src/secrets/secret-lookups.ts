import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { settledWithin } from "../waiting.ts";
import { type LookupOptions, type LookupSecret, lookUpSecret } from "./lookup-secret.ts";
import { SecretMask } from "./masking/secret-mask.ts";

/** Milliseconds after which a lookup that failed is tried again. */
const RETRY_AFTER = 60_000;
/** Milliseconds a caller waits for one lookup. The lookup itself may take longer and serves later callers. */
const DEFAULT_PATIENCE = 10_000;

export interface SecretLookupsOptions extends LookupOptions {
  clock: Pick<Clock, "now">;
  logger: Logger;
  /** Milliseconds a caller waits. Default: 10,000. */
  patience?: number | undefined;
  /** Called with every value that comes, also with one that no caller has waited for. */
  onValue(name: string, source: LookupSecret, value: string): void;
}

/** The last failure of a source, and whether its server kept the caller waiting. */
interface Failure {
  at: number;
  wasSlow: boolean;
}

/**
 * Looks up values that other servers hold. Callers at the same time share one request. A server that hangs costs one
 * caller 10 seconds, and the callers of the following minute nothing.
 */
export class SecretLookups {
  readonly #options: SecretLookupsOptions;
  readonly #running = new Map<LookupSecret, Promise<string>>();
  readonly #failures = new WeakMap<LookupSecret, Failure>();

  constructor(options: SecretLookupsOptions) {
    this.#options = options;
  }

  /** Whether the last lookup failed less than a minute ago. `slow`: only if its server kept the caller waiting. */
  hasFailed(source: LookupSecret, which: "any" | "slow"): boolean {
    const failure = this.#failures.get(source);
    if (failure === undefined || (which === "slow" && !failure.wasSlow)) return false;
    return failure.at > this.#options.clock.now() - RETRY_AFTER;
  }

  /** The value; undefined when it cannot be looked up in time, which is logged. */
  async value(name: string, source: LookupSecret): Promise<string | undefined> {
    const running = this.#running.get(source) ?? this.#start(name, source);
    const inTime = await settledWithin(running, this.#options.patience ?? DEFAULT_PATIENCE);
    if (!inTime)
      this.#fail(name, source, { reason: "The server of the secret does not answer", wasSlow: true });
    return inTime ? running.catch(() => undefined) : undefined;
  }

  #start(name: string, source: LookupSecret): Promise<string> {
    this.#failures.delete(source);
    const running = this.#lookUp(name, source).finally(() => this.#running.delete(source));
    // The caller may have stopped waiting.
    running.catch(() => undefined);
    this.#running.set(source, running);
    return running;
  }

  async #lookUp(name: string, source: LookupSecret): Promise<string> {
    try {
      const value = await lookUpSecret(source, this.#options);
      this.#failures.delete(source);
      this.#options.onValue(name, source, value);
      return value;
    } catch (error) {
      // The text of an invalid header is in its error.
      const mask = await SecretMask.prepare(Object.values(source.headers));
      this.#fail(name, source, {
        reason: mask.mask(messageOf(error)),
        wasSlow: this.#failures.has(source),
      });
      throw error;
    }
  }

  #fail(name: string, source: LookupSecret, { reason, wasSlow }: { reason: string; wasSlow: boolean }): void {
    this.#failures.set(source, { at: this.#options.clock.now(), wasSlow });
    this.#options.logger.warn({ secret: name, reason }, "A secret could not be looked up");
  }
}
