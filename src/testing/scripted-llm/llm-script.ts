import { setTimeout } from "node:timers/promises";
import type { LlmUsage } from "../../llm/llm.ts";

/** One piece of a scripted reply. */
export type ReplyPart =
  | { type: "text"; text: string; chunkSize?: number }
  | { type: "reasoning"; text: string; chunkSize?: number }
  /** `arguments` is JSON text, so that invalid JSON can be scripted too. */
  | { type: "call"; tool: string; arguments: string; id?: string }
  /** Tokens and cost of the reply. Without `cost`, in US dollars, the server computes it from the tokens. */
  | { type: "usage"; tokens: Partial<LlmUsage>; cost?: number }
  /** The connection breaks after the parts before this one. */
  | { type: "cut" };

/** A step after a pause. */
export interface DelayedStep<Request> {
  /** Distinguishes this step from others. */
  type: "delayed";
  /** Duration of the pause. */
  milliseconds: number;
  /** The step after the pause. */
  step: Step<Request>;
}

/** The answer of the model to one call: a reply, an error, or a function of the request. */
export type Step<Request> =
  | ReplyPart
  | readonly ReplyPart[]
  | Error
  | DelayedStep<Request>
  | ((request: Request) => Step<Request> | Promise<Step<Request>>);

/** The steps of a script in order, or one function for all calls. */
export type Steps<Request> =
  | readonly Step<Request>[]
  | ((request: Request) => Step<Request> | Promise<Step<Request>>);

/** Replies with text. Streams send it word by word, or in pieces of `chunkSize` characters. */
export function say(text: string, { chunkSize }: { chunkSize?: number } = {}): ReplyPart {
  return { type: "text", text, ...(chunkSize !== undefined && { chunkSize }) };
}

/** Replies with reasoning. */
export function think(text: string): ReplyPart {
  return { type: "reasoning", text };
}

/**
 * Calls a tool. `args` as a string is sent unchanged, also if it is not valid JSON. Default id: `call_<step>_<index>`.
 */
export function call(tool: string, args: Record<string, unknown> | string = {}, id?: string): ReplyPart {
  const json = typeof args === "string" ? args : JSON.stringify(args);
  return { type: "call", tool, arguments: json, ...(id !== undefined && { id }) };
}

/** Calls several tools in one reply, each as `[tool, arguments]`. */
export function calls(
  ...each: readonly (readonly [string, Record<string, unknown>])[]
): readonly ReplyPart[] {
  return each.map(([tool, args]) => call(tool, args));
}

/**
 * Sets the tokens and the cost of a reply, in US dollars. Default: 100 prompt tokens, 10 completion tokens, 0 of the
 * others, and the cost option of the model.
 */
export function usage(tokens: Partial<LlmUsage>, { cost }: { cost?: number } = {}): ReplyPart {
  return { type: "usage", tokens, ...(cost !== undefined && { cost }) };
}

/** Breaks the connection at this place of the reply. */
export function cut(): ReplyPart {
  return { type: "cut" };
}

/** Waits before a step. */
export function after<Request>(milliseconds: number, step: Step<Request>): DelayedStep<Request> {
  return { type: "delayed", milliseconds, step };
}

/** The answer to all requests that match, such as requests for titles and summaries. It takes no step. */
export interface Rule<Request> {
  /** Tells whether the rule answers a request. */
  when(request: Request): boolean;
  /** The answer. */
  step: Step<Request>;
}

export interface ScriptOptions<Request> {
  /** Writes a request for an error message. */
  show: (request: Request) => string;
  /** Rules, in order of precedence. Requests that match one take no step. Default: none. */
  rules?: readonly Rule<Request>[] | undefined;
  /** Whether requests are kept. Default: true. */
  record?: boolean | undefined;
  /** Continues with the first step after the last. Default: false. */
  repeat?: boolean | undefined;
  /** Returns the index of the step for a request. Default: the step after the last one played. */
  place?: ((request: Request) => number) | undefined;
}

export interface Script<Request> {
  /** All requests, oldest first. Empty if they are not recorded. */
  readonly requests: readonly Request[];
  /** Plays the next step. Rejects with the error of the step, or with an error for a call beyond the last step. */
  next(request: Request, signal?: AbortSignal): Promise<{ number: number; parts: readonly ReplyPart[] }>;
  /** Throws if steps are left over, or if there was a call beyond the last step. */
  assertDone(): void;
}

/** Builds a script. A function as `steps` answers every call. */
export function createScript<Request>(
  steps: Steps<Request>,
  { show, rules = [], record = true, repeat = false, place }: ScriptOptions<Request>,
): Script<Request> {
  const requests: Request[] = [];
  let calls = 0;
  let played = 0;
  let refused: Error | undefined;

  function choose(request: Request): { step: Step<Request>; number: number } {
    const rule = rules.find(({ when }) => when(request));
    if (rule !== undefined) return { step: rule.step, number: calls };
    const index = place?.(request) ?? played;
    played = Math.max(played, index + 1);
    const number = place === undefined ? calls : index;
    if (typeof steps === "function") return { step: steps, number };
    const step = steps[repeat && steps.length > 0 ? index % steps.length : index];
    if (step !== undefined) return { step, number };
    refused = unscripted(index, steps.length, show(request));
    throw refused;
  }

  return {
    requests,
    async next(request, signal) {
      if (record) requests.push(request);
      const { step, number } = choose(request);
      calls += 1;
      return { number, parts: await play(step, request, signal) };
    },
    assertDone() {
      if (refused !== undefined) throw refused;
      if (typeof steps === "function" || played >= steps.length) return;
      const left = JSON.stringify(steps[played], (_key, value) => value ?? null) ?? "a function";
      throw new Error(
        `scripted model: ${steps.length - played} of ${steps.length} steps were not played; the next is ${left}`,
      );
    },
  };
}

/** Splits a text as a stream does: after every word, or into pieces of `chunkSize` characters. */
export function chunksOf(text: string, chunkSize?: number): string[] {
  const pattern =
    chunkSize === undefined ? /\s*\S+\s*$|\s*\S+/g : new RegExp(`[^]{1,${Math.max(1, chunkSize)}}`, "gu");
  return text.match(pattern) ?? [];
}

/** Returns the parts before a `cut`, and whether there is one. */
export function upToCut(parts: readonly ReplyPart[]): { parts: readonly ReplyPart[]; isCut: boolean } {
  const place = parts.findIndex(({ type }) => type === "cut");
  return place === -1 ? { parts, isCut: false } : { parts: parts.slice(0, place), isCut: true };
}

/** Returns the tokens and the cost of a reply. Tokens default to fixed numbers. */
export function usageOf(parts: readonly ReplyPart[]): LlmUsage & { cost: number | undefined } {
  const stated = parts.find((part) => part.type === "usage");
  return {
    prompt_tokens: 100,
    completion_tokens: 10,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    ...stated?.tokens,
    cost: stated?.cost,
  };
}

async function play<Request>(
  step: Step<Request>,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<readonly ReplyPart[]> {
  if (step instanceof Error) throw step;
  if (typeof step === "function") return play(await step(request), request, signal);
  if ("type" in step && step.type === "delayed") {
    await setTimeout(step.milliseconds, undefined, { signal }).catch(() => signal?.throwIfAborted());
    return play(step.step, request, signal);
  }
  return "type" in step ? [step] : step;
}

function unscripted(number: number, scripted: number, request: string): Error {
  return new Error(
    `scripted model: call ${number + 1} is not scripted, there ${scripted === 1 ? "is 1 step" : `are ${scripted} steps`}.\n` +
      `The request was:\n${request}`,
  );
}
