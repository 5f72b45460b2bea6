import OpenAI from "openai";
import { type Child, startChild } from "../child.ts";

/** What one script of the model server has seen. */
export interface Seen {
  /** When each request came, in milliseconds. */
  arrivals: number[];
  /** The request of the last step that ended a run. */
  lastBody: string;
}

/** The model both servers and the bare SDK talk to. */
export class Model {
  readonly #child: Child;
  #loaded = 0;

  private constructor(child: Child) {
    this.#child = child;
  }

  static async start(): Promise<Model> {
    return new Model(await startChild("load/model-server.ts"));
  }

  /** Calls `think` at every step but those of `ends`, counted from 1; with a command, the terminal every other time. */
  async load(ends: readonly number[], command?: string): Promise<Script> {
    const name = `script-${++this.#loaded}`;
    const url = await this.#child.ask<string>({ load: name, ends, command });
    return { url, seen: () => this.#child.ask<Seen>({ read: name }) };
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }
}

export interface Script {
  /** Base URL as OpenAI's clients want it. */
  url: string;
  seen(): Promise<Seen>;
}

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;

/** The same calls without a server around them: each with so many messages of the prompt. */
export async function bareCalls(url: string, body: string, counts: readonly number[]): Promise<void> {
  const client = new OpenAI({ apiKey: "none", baseURL: url, maxRetries: 0 });
  const { messages, ...rest } = JSON.parse(body) as Body;
  for (const count of counts) {
    await client.chat.completions.create({ ...rest, messages: messages.slice(0, count) });
  }
}

/** Milliseconds from each request to the next. */
export function gaps(arrivals: readonly number[]): number[] {
  return arrivals.slice(1).map((at, index) => at - (arrivals[index] as number));
}
