import { AgentServerError, closingError } from "../../errors.ts";
import type { AcpDiscovery } from "./discover-models.ts";

/** Milliseconds for which an answer is kept. */
const KEPT = 300_000;

/** Answers that are kept. */
const MAX_KEPT = 100;

/** Programs that are asked at a time, and questions that wait for one of them to end. */
const MAX_ACTIVE = 2;
const MAX_WAITING = 32;

/** A question for the models of a program. */
export interface DiscoveryQuestion {
  /** The same for questions that have the same answer. It may hold secrets. */
  key: string;
  /** Whether the program is asked whatever is known. */
  refresh: boolean;
  /** Asks the program. */
  ask(signal: AbortSignal): Promise<AcpDiscovery>;
}

/**
 * The answers of programs that were asked for their models. Good ones are kept for five minutes, equal questions share
 * one answer, and few programs are asked at a time.
 */
export class Discoveries {
  readonly #now: () => number;
  readonly #kept = new Map<string, { until: number; answer: AcpDiscovery }>();
  readonly #asked = new Map<string, Promise<AcpDiscovery>>();
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new AbortController();
  #active = 0;

  /** `now` gives milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws AgentServerError `too_many_requests` when too many questions wait, `unavailable` once the server closes */
  async answer({ key: text, refresh, ask }: DiscoveryQuestion): Promise<AcpDiscovery> {
    const key = await digest(text);
    const kept = this.#kept.get(key);
    if (!refresh && kept !== undefined && kept.until > this.#now()) return kept.answer;
    const asked = this.#asked.get(key) ?? this.#begin(key, ask);
    return asked;
  }

  /** Ends the programs that are being asked. */
  async close(): Promise<void> {
    this.#closing.abort(closingError("The server is closing"));
    await Promise.allSettled(this.#asked.values());
  }

  #begin(key: string, ask: DiscoveryQuestion["ask"]): Promise<AcpDiscovery> {
    const asked = this.#ask(key, ask).finally(() => this.#asked.delete(key));
    this.#asked.set(key, asked);
    return asked;
  }

  async #ask(key: string, ask: DiscoveryQuestion["ask"]): Promise<AcpDiscovery> {
    await this.#turn();
    try {
      const { signal } = this.#closing;
      signal.throwIfAborted();
      const answer = await ask(signal);
      if (answer.error === null) this.#keep(key, answer);
      return answer;
    } finally {
      this.#active -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Resolves when the program may be asked. */
  async #turn(): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING)
      throw new AgentServerError("too_many_requests", "Too many programs are being asked for their models");
    if (this.#active >= MAX_ACTIVE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#active += 1;
  }

  #keep(key: string, answer: AcpDiscovery): void {
    this.#kept.delete(key);
    this.#kept.set(key, { until: this.#now() + KEPT, answer });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** Questions hold secrets, which are not kept. */
async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
