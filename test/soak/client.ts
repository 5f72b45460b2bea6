import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** A request that was refused, or lost, while something was wrong on the machine. */
export class Outage extends Error {
  override readonly name = "Outage";
}

export interface Reply {
  status: number;
  text: string;
}

export interface ClientOptions {
  url: string;
  /** Whether requests may be refused just now. */
  mayRefuse(): boolean;
  /** Takes what the server did wrong, in words. */
  onFault(fault: string): void;
}

/** What takes longer hangs, also on a busy machine. */
const ANSWER_MS = 300_000;
const RETRY_MS = 250;
const EVENTUALLY_MS = 600_000;
/** What a server without room or without its database answers. */
const REFUSALS: ReadonlySet<number> = new Set([503, 507]);

/** A client that knows when a refusal is right, and takes every other one for a fault. */
export class Client {
  readonly url: string;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.url = options.url;
    this.#options = options;
  }

  /** Throws an Outage when the answer is a 5xx or does not come. */
  async ask(method: string, path: string, json?: unknown): Promise<Reply> {
    const what = `${method} ${path}`;
    let reply: Reply;
    try {
      reply = await this.#send(method, path, json);
    } catch (error) {
      return this.#refused(`${what}: ${String(error)}`, true);
    }
    if (reply.status < 500) return reply;
    return this.#refused(`${what}: ${reply.status} ${reply.text.slice(0, 300)}`, REFUSALS.has(reply.status));
  }

  /** Asks until there is an answer; for what may be asked twice. Its status must be one of these. */
  async expect<T>(method: string, path: string, json?: unknown, statuses = [200]): Promise<T> {
    const { status, text: answer } = await this.eventually(`${method} ${path}`, () =>
      this.ask(method, path, json),
    );
    if (!statuses.includes(status)) {
      throw new Error(`${method} ${path}: ${status} instead of ${statuses}: ${answer.slice(0, 300)}`);
    }
    return (answer === "" ? undefined : JSON.parse(answer)) as T;
  }

  /** Looks until the answer is not undefined. An outage is no answer. */
  async eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (const end = performance.now() + EVENTUALLY_MS; ; await sleep(RETRY_MS)) {
      const found = await look().catch((error: unknown) => {
        if (error instanceof Outage) return undefined;
        throw error;
      });
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`${what}: not within ${EVENTUALLY_MS} ms`);
    }
  }

  #refused(what: string, isRefusal: boolean): never {
    if (!isRefusal || !this.#options.mayRefuse()) this.#options.onFault(what);
    throw new Outage(what);
  }

  /** Each on a connection of its own: the server may end one that is idle just when it is used again. */
  #send(method: string, path: string, json: unknown): Promise<Reply> {
    const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
    const headers = body && { "content-type": "application/json", "content-length": body.length };
    return new Promise((done, fail) => {
      const sent = request(this.url + path, { method, agent: false, ...(headers && { headers }) });
      const timer = setTimeout(() => sent.destroy(new Error(`no answer in ${ANSWER_MS} ms`)), ANSWER_MS);
      sent.on("response", (response) => {
        text(response).then((whole) => done({ status: response.statusCode ?? 0, text: whole }), fail);
      });
      sent.on("error", fail);
      sent.on("close", () => clearTimeout(timer));
      sent.end(body);
    });
  }
}
