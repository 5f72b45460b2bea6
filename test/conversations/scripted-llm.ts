import type { Llm, LlmReply, LlmRequest } from "../../src/llm/llm.ts";
import { type Message, text } from "../../src/wire/events/message.ts";

/** What the model says next: words, calls, an error, or a function that may wait before it answers. */
export type Turn = string | Call[] | Error | ((request: LlmRequest) => Promise<string | Call[]>);

export interface Call {
  name: string;
  arguments?: Record<string, unknown>;
}

/** A model that reads its replies from a list, in order, and finishes when there is none left. */
export class ScriptedLlm implements Llm {
  readonly requests: LlmRequest[] = [];
  readonly #turns: Turn[];
  #count = 0;

  constructor(turns: Turn[] = []) {
    this.#turns = turns;
  }

  say(...turns: Turn[]): void {
    this.#turns.push(...turns);
  }

  async complete(request: LlmRequest): Promise<LlmReply> {
    this.requests.push(request);
    const turn = this.#turns.shift() ?? finish("Done.");
    if (turn instanceof Error) throw turn;
    const said = typeof turn === "function" ? await turn(request) : turn;
    this.#count += 1;
    return {
      message: toMessage(said, this.#count),
      id: `reply-${this.#count}`,
      model: "scripted",
      usage: {
        prompt_tokens: 100,
        completion_tokens: 10,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
        reasoning_tokens: 0,
      },
      cost: 0.5,
      contextWindow: 1000,
      latency: 0.1,
    };
  }
}

export function finish(message: string): Call[] {
  return [{ name: "finish", arguments: { message } }];
}

function toMessage(said: string | Call[], count: number): Message {
  if (typeof said === "string") return { role: "assistant", content: [text(said)] };
  return {
    role: "assistant",
    content: [],
    tool_calls: said.map(({ name, arguments: args = {} }, index) => ({
      id: `call_${count}_${index}`,
      name,
      arguments: JSON.stringify(args),
      origin: "completion",
    })),
  };
}
