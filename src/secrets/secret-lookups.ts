import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { settledWithin } from "../waiting.ts";
import { type LookupOptions, type LookupSecret, lookUpSecret } from "./lookup-secret.ts";
import { SecretMask } from "./masking/secret-mask.ts";

/** Milliseconds for which a failure is remembered. */
const REMEMBERED = 60_000;

export interface SecretLookupsOptions extends LookupOptions {
  clock: Pick<Clock, "now">;
  logger: Logger;
  /** Called with every value that arrives, also when no caller waits for it any more. */
  onValue(name: string, source: LookupSecret, value: string): void;
}

interface Failure {
  at: number;
  /** Milliseconds a caller waited in vain; 0 when the lookup failed before. */
  waited: number;
}

/**
 * Looks up values that other servers hold. Callers at the same time share one request. Callers bound their wait; the
 * request goes on without them, and a value that arrives late serves later callers.
 */
export class SecretLookups {
  readonly #options: SecretLookupsOptions;
  readonly #running = new Map<LookupSecret, Promise<string>>();
  readonly #failures = new WeakMap<LookupSecret, Failure>();

  constructor(options: SecretLookupsOptions) {
    this.#options = options;
  }

  /** Whether the last lookup failed in the last minute, after a caller had waited for at least these milliseconds. */
  hasFailed(source: LookupSecret, { waited }: { waited: number }): boolean {
    const failure = this.#failures.get(source);
    if (failure === undefined || failure.waited < waited) return false;
    // Also when the clock was put back by more than that.
    return Math.abs(this.#options.clock.now() - failure.at) < REMEMBERED;
  }

  /** The value; undefined when it cannot be looked up in these milliseconds, which is logged. */
  async value(name: string, source: LookupSecret, patience: number): Promise<string | undefined> {
    const running = this.#running.get(source) ?? this.#start(name, source);
    if (await settledWithin(running, patience)) return running.catch(() => undefined);
    this.#fail(name, source, { reason: "The server of the secret does not answer", waited: patience });
    return undefined;
  }

  #start(name: string, source: LookupSecret): Promise<string> {
    this.#failures.delete(source);
    const running = this.#lookUp(name, source).finally(() => this.#running.delete(source));
    // No caller may be waiting when it fails.
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
      // The error of an invalid header shows its text.
      const mask = await SecretMask.prepare(Object.values(source.headers));
      this.#fail(name, source, { reason: mask.mask(messageOf(error)), waited: 0 });
      throw error;
    }
  }

  #fail(name: string, source: LookupSecret, { reason, waited }: { reason: string; waited: number }): void {
    const before = this.#failures.get(source)?.waited ?? 0;
    this.#failures.set(source, { at: this.#options.clock.now(), waited: Math.max(waited, before) });
    this.#options.logger.warn({ secret: name, reason }, "A secret could not be looked up");
  }
}
