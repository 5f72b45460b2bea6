import { setTimeout } from "node:timers/promises";
import { AgentServerError } from "../../../errors.ts";
import type { Connections } from "./connections.ts";
import { mayPass, sqlState, toStoreError, UNKNOWN_WRITER } from "./failures.ts";

/** Milliseconds for which a write whose answer was lost is repeated, and between two attempts at first and at most. */
const REPEAT_FOR = 30_000;
const FIRST_WAIT = 25;
const LONGEST_WAIT = 1_000;

export interface WriterOptions {
  connections: Connections;
  /** The quoted name of the schema. */
  schema: string;
  /** Resolves once the schema is there. */
  ready(): Promise<void>;
}

/** A function of the database and its arguments behind `writer` and `step`. */
export interface WriteCall {
  name: string;
  values: readonly unknown[];
}

/**
 * Makes writes one after the other. Each has a number, which the database keeps with the outcome, so that a write whose
 * answer was lost is sent again as it is, before anything newer, and is made once.
 */
export class Writer {
  readonly #options: WriterOptions;
  #id: unknown;
  #step = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * Makes a write. Resolves with its outcome.
   *
   * @throws AgentServerError `unavailable` when the database did not answer for 30 seconds: it may be made then.
   * `payload_too_large` when it refuses a value.
   */
  call<T>(call: WriteCall): Promise<T> {
    const made = this.#last.then(() => this.#make(call));
    this.#last = made.catch(() => undefined);
    return made as Promise<T>;
  }

  /** Waits for the writes before, and takes back what the database keeps for repeats. */
  async close(): Promise<void> {
    await this.#last;
    if (this.#id === undefined) return;
    const { connections, schema } = this.#options;
    // What stays is deleted by another writer, after a day.
    await connections.write(`DELETE FROM ${schema}.writers WHERE id = $1`, [this.#id]).catch(() => undefined);
  }

  async #make(call: WriteCall): Promise<unknown> {
    this.#step += 1;
    const { target } = this.#options.connections;
    const end = performance.now() + REPEAT_FOR;
    for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      try {
        return await this.#attempt(call);
      } catch (error) {
        if (sqlState(error) === UNKNOWN_WRITER) this.#id = undefined;
        else if (!mayPass(error)) throw toStoreError(error, target);
        if (performance.now() + wait > end) throw givenUp(toStoreError(error, target));
        await setTimeout(wait);
      }
    }
  }

  async #attempt({ name, values }: WriteCall): Promise<unknown> {
    const { connections, schema, ready } = this.#options;
    await ready();
    this.#id ??= await register(connections, schema);
    const placeholders = values.map((_, index) => `$${index + 3}`).join(", ");
    const text = `SELECT ${schema}.${name}($1, $2${placeholders && `, ${placeholders}`}) AS outcome`;
    const [row] = await connections.write(text, [this.#id, this.#step, ...values]);
    return row?.outcome;
  }
}

async function register(connections: Connections, schema: string): Promise<unknown> {
  await connections.write(`DELETE FROM ${schema}.writers WHERE used_at < now() - interval '1 day'`, []);
  const [row] = await connections.write(`INSERT INTO ${schema}.writers DEFAULT VALUES RETURNING id`, []);
  return row?.id;
}

function givenUp({ message }: AgentServerError): AgentServerError {
  return new AgentServerError(
    "unavailable",
    `${message}; the write was repeated for ${REPEAT_FOR / 1_000} s`,
  );
}
