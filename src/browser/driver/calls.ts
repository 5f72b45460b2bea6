import { BrowserFailure } from "../failure.ts";

/** One end of a channel between two threads. */
export interface Port {
  postMessage(message: Message): void;
}

/** Functions that one side has for the other. Arguments and results are cloned on their way. */
export type Functions = Record<string, (input: never) => unknown>;

export type Message =
  | { kind: "call"; id: number; name: string; input: unknown }
  | { kind: "answer"; id: number; value: unknown }
  | { kind: "failure"; id: number; name: string; message: string; timedOut: boolean };

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Calls between two threads: those of the other side are answered, and the other side's functions can be called. */
export class Calls<Theirs extends { [Name in keyof Theirs]: (input: never) => unknown }> {
  readonly #port: Port;
  readonly #ours: ReadonlyMap<string, (input: never) => unknown>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | null = null;

  constructor(port: Port, ours: Functions) {
    this.#port = port;
    this.#ours = new Map(Object.entries(ours));
  }

  /** Rejects with what the function throws, or with the reason for which the calls have ended. */
  call<Name extends keyof Theirs & string>(
    name: Name,
    input: Parameters<Theirs[Name]>[0],
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Theirs[Name]>>>();
    this.#waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
    this.#port.postMessage({ kind: "call", id, name, input });
    return promise;
  }

  /** Calls where no answer is of interest. Calls and answers arrive in the order in which they were sent. */
  tell<Name extends keyof Theirs & string>(name: Name, input: Parameters<Theirs[Name]>[0]): void {
    this.call(name, input).catch(() => {});
  }

  /** Takes a message from the other side. */
  take(message: Message): void {
    if (message.kind === "call") return void this.#run(message);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "answer") waiting?.resolve(message.value);
    else waiting?.reject(errorOf(message));
  }

  /** Rejects all calls that wait, and those to come. */
  end(reason: Error): void {
    this.#ended ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  async #run({ id, name, input }: Message & { kind: "call" }): Promise<void> {
    try {
      const run = this.#ours.get(name);
      if (run === undefined) throw new Error(`There is no function ${name}`);
      this.#answer({ kind: "answer", id, value: await run(input as never) });
    } catch (error) {
      const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
      const timedOut = error instanceof BrowserFailure && error.timedOut;
      this.#answer({ kind: "failure", id, name: kind, message, timedOut });
    }
  }

  #answer(message: Message): void {
    if (this.#ended === null) this.#port.postMessage(message);
  }
}

function errorOf({ name, message, timedOut }: Message & { kind: "failure" }): Error {
  if (name === "BrowserFailure") return new BrowserFailure(message, { timedOut });
  return Object.assign(new Error(message), { name });
}
