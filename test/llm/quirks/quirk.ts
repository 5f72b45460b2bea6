import { expect } from "vitest";
import type { LlmRequest, LlmUsage } from "../../../src/llm/llm.ts";
import type { Recorded } from "../recorded-provider.ts";

/** A habit of a provider that the documented protocol does not tell of, as a recorded answer. */
export interface Quirk {
  /** What the provider does, and what comes of it. */
  title: string;
  model: string;
  /** Laid over the configuration of the model. */
  config?: Record<string, unknown>;
  /** The provider's answers in order; the last repeats. */
  answers: readonly Recorded[];
  /** Laid over the request. */
  request?: Partial<LlmRequest>;
  /** Facts of the outcome. What is left out is not looked at. */
  outcome: Partial<Outcome>;
}

/** What a caller sees of a call. */
export interface Outcome {
  text: string;
  reasoning: string | null;
  /** Id, name and arguments of each call. */
  calls: readonly (readonly [id: string, name: string, args: unknown])[];
  usage: Partial<LlmUsage> | null;
  thinking: readonly unknown[];
  /** Name of the error. */
  error: string;
  /** Words of the error; see `words`. */
  says: unknown;
  /** Requests that were made. */
  requests: number;
  /** Parts of the newest request. */
  sent: Record<string, unknown>;
  /** Text of the deltas, joined. */
  streamed: string;
}

type Delta = Record<string, unknown>;

/** A chunk of a chat completion. */
export function chunk(delta: Delta | null, finish: string | null = null, rest: object = {}): object {
  return {
    id: "c1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, ...(delta !== null && { delta }), finish_reason: finish }],
    ...rest,
  };
}

/** A chunk with pieces of tool calls. */
export function callChunk(...tool_calls: Delta[]): object {
  return chunk({ tool_calls });
}

/** A whole chat completion. */
export function completion(message: Delta, finish = "stop", rest: object = {}): object {
  return {
    id: "c1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: finish }],
    ...rest,
  };
}

/** Words that a text has among others. */
export function words(value: string): unknown {
  return expect.stringContaining(value);
}

export const done = "[DONE]";

/** A good answer, for the attempt after a failure. */
export const good: Recorded = {
  stream: [chunk({ role: "assistant", content: "Good" }), chunk({}, "stop"), done],
};
