import { request } from "node:http";
import { text } from "node:stream/consumers";
import { Fault } from "../fault.ts";

export interface Reply {
  /** 0 when no answer came: the server was killed in the middle of it. */
  status: number;
  text: string;
}

export interface AskOptions {
  json?: unknown;
  form?: FormData;
  /** The server may be killed meanwhile. Default: a request without an answer is a fault. */
  mayBeCut?: boolean;
  /** Whether a 5xx is an answer that is documented. Default: none is. */
  mayFail?(status: number): boolean;
}

/** What takes longer hangs, also on a busy machine. */
const ANSWER_MS = 60_000;
const LATE = `no answer in ${ANSWER_MS} ms`;

/** A client for which every 5xx and every request without an answer in time is a fault. */
export class Client {
  readonly url: string;
  readonly key: string | undefined;

  constructor(url: string, key?: string) {
    this.url = url;
    this.key = key;
  }

  async ask(method: string, path: string, options: AskOptions = {}): Promise<Reply> {
    const { mayBeCut = false, mayFail = () => false } = options;
    const what = `${method} ${path}`;
    let reply: Reply;
    try {
      reply = await this.#send(method, path, options);
    } catch (error) {
      const { message } = error as Error;
      if (mayBeCut && message !== LATE) return { status: 0, text: "" };
      throw new Fault(`${what}: ${message}`);
    }
    if (reply.status >= 500 && !mayFail(reply.status))
      throw new Fault(`${what}: ${reply.status} ${reply.text.slice(0, 1_000)}`);
    return reply;
  }

  /** Each request on a connection of its own: the server may end one that is idle just when it is used again. */
  async #send(method: string, path: string, { json, form }: AskOptions): Promise<Reply> {
    const content = form === undefined ? undefined : new Response(form);
    const type = json === undefined ? content?.headers.get("content-type") : "application/json";
    const body = json === undefined ? await content?.bytes() : Buffer.from(JSON.stringify(json));
    return new Promise((done, fail) => {
      const headers = {
        ...(this.key !== undefined && { "x-session-api-key": this.key }),
        ...(type && { "content-type": type }),
        ...(body && { "content-length": body.length }),
      };
      const sent = request(this.url + path, { method, headers, agent: false }, (response) => {
        text(response).then((whole) => done({ status: response.statusCode ?? 0, text: whole }), fail);
      });
      const timer = setTimeout(() => sent.destroy(new Error(LATE)), ANSWER_MS);
      sent.on("error", fail);
      sent.on("close", () => clearTimeout(timer));
      sent.end(body);
    });
  }

  /** The JSON of an answer that must have one of these statuses. Default: 200. */
  async expect<T>(
    method: string,
    path: string,
    { statuses = [200], ...options }: AskOptions & { statuses?: readonly number[] } = {},
  ): Promise<T> {
    const { status, text: answer } = await this.ask(method, path, options);
    if (!statuses.includes(status)) {
      throw new Fault(
        `${method} ${path}: ${status} instead of ${statuses.join(" or ")}: ${answer.slice(0, 500)}`,
      );
    }
    return JSON.parse(answer) as T;
  }

  /** All items of a list that is given in pages. */
  async list<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let next = "";
    do {
      const page = await this.expect<{ items: T[]; next_page_id: string | null }>(
        "GET",
        `${path}${next === "" ? "" : `&page_id=${encodeURIComponent(next)}`}`,
      );
      if (page.items.length === 0 && items.length > 0) throw new Fault(`${path}: an empty page after others`);
      items.push(...page.items);
      next = page.next_page_id ?? "";
    } while (next !== "");
    return items;
  }
}
