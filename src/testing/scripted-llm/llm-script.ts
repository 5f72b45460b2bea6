import type { LlmUsage } from "../../llm/llm.ts";

/** One piece of a scripted reply. */
export type ReplyPart =
  | { type: "text"; text: string; chunkSize?: number }
  | { type: "reasoning"; text: string; chunkSize?: number }
  /** `arguments` is JSON text, so that broken JSON can be scripted too. */
  | { type: "call"; tool: string; arguments: string; id?: string }
  /** What the reply cost: tokens, and US dollars where nobody computes them from the tokens. */
  | { type: "usage"; tokens: Partial<LlmUsage>; cost?: number }
  /** The connection breaks after what stands before it. */
  | { type: "cut" };

/** A pause before the step it holds. */
export interface DelayedStep<Request> {
  type: "delayed";
  milliseconds: number;
  step: Step<Request>;
}

/** What the model does when it is called: reply, fail, or decide by the request. */
export type Step<Request> =
  | ReplyPart
  | readonly ReplyPart[]
  | Error
  | DelayedStep<Request>
  | ((request: Request) => Step<Request> | Promise<Step<Request>>);

/** Steps in order, or one function for every call. */
export type Steps<Request> =
  | readonly Step<Request>[]
  | ((request: Request) => Step<Request> | Promise<Step<Request>>);

/** The model says a text. Streams send it word by word, or in pieces of `chunkSize` characters. */
export function say(text: string, { chunkSize }: { chunkSize?: number } = {}): ReplyPart {
  return { type: "text", text, ...(chunkSize !== undefined && { chunkSize }) };
}

/** The model thinks aloud. */
export function think(text: string): ReplyPart {
  return { type: "reasoning", text };
}

/** The model calls a tool. A string is sent as it is. */
export function call(tool: string, args: Record<string, unknown> | string = {}, id?: string): ReplyPart {
  const json = typeof args === "string" ? args : JSON.stringify(args);
  return { type: "call", tool, arguments: json, ...(id !== undefined && { id }) };
}

/** The model calls several tools at once, each `[tool, arguments]`. */
export function calls(
  ...each: readonly (readonly [string, Record<string, unknown>])[]
): readonly ReplyPart[] {
  return each.map(([tool, args]) => call(tool, args));
}

/** What the reply it stands in cost. Tokens left out are 100 for the prompt, 10 for the reply, else 0. */
export function usage(tokens: Partial<LlmUsage>, { cost }: { cost?: number } = {}): ReplyPart {
  return { type: "usage", tokens, ...(cost !== undefined && { cost }) };
}

/** The connection breaks here, in the middle of the reply. */
export function cut(): ReplyPart {
  return { type: "cut" };
}

/** The model takes its time. */
export function after<Request>(milliseconds: number, step: Step<Request>): DelayedStep<Request> {
  return { type: "delayed", milliseconds, step };
}

/** A step for every request of a sort, wherever it comes: side calls such as titles and summaries. */
export interface Rule<Request> {
  when(request: Request): boolean;
  step: Step<Request>;
}

export interface ScriptOptions<Request> {
  /** How a request is shown in an error. */
  show: (request: Request) => string;
  /** Asked first, in order; what they answer takes no step. */
  rules?: readonly Rule<Request>[] | undefined;
  /** false: requests are not kept. */
  record?: boolean | undefined;
  /** Starts again after the last step. */
  repeat?: boolean | undefined;
  /** The step that a request is for, counted from 0. Default: the one after the last. */
  place?: ((request: Request) => number) | undefined;
}

export interface Script<Request> {
  /** Every request so far, oldest first. Empty when not recorded. */
  readonly requests: readonly Request[];
  /** The parts of the next step. Throws what the step says, or an error for a call that nobody scripted. */
  next(request: Request, signal?: AbortSignal): Promise<{ number: number; parts: readonly ReplyPart[] }>;
  /** Throws when steps are left over, and when there was a call that nobody scripted. */
  assertDone(): void;
}

/** Plays steps in order; a single function answers every call. */
export function createScript<Request>(
  steps: Steps<Request>,
  { show, rules = [], record = true, repeat = false, place }: ScriptOptions<Request>,
): Script<Request> {
  const requests: Request[] = [];
  let asked = 0;
  let played = 0;
  let refused: Error | undefined;

  function choose(request: Request): { step: Step<Request>; number: number } {
    const rule = rules.find(({ when }) => when(request));
    if (rule !== undefined) return { step: rule.step, number: asked };
    const index = place?.(request) ?? played;
    played = Math.max(played, index + 1);
    const number = place === undefined ? asked : index;
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
      asked += 1;
      return { number, parts: await play(step, request, signal) };
    },
    assertDone() {
      if (refused !== undefined) throw refused;
      if (typeof steps === "function" || played >= steps.length) return;
      const left = JSON.stringify(steps[played], (_key, value) => value ?? null) ?? "a function";
      throw new Error(
        `scripted model: ${steps.length - played} of ${steps.length} steps were not called for; the next is ${left}`,
      );
    },
  };
}

/** How a stream cuts a text: after every word, or every so many characters. */
export function chunksOf(text: string, chunkSize?: number): string[] {
  const pattern =
    chunkSize === undefined ? /\s*\S+\s*$|\s*\S+/g : new RegExp(`[^]{1,${Math.max(1, chunkSize)}}`, "gu");
  return text.match(pattern) ?? [];
}

/** What is written of a reply, and whether the connection breaks after it. */
export function upToCut(parts: readonly ReplyPart[]): { parts: readonly ReplyPart[]; isCut: boolean } {
  const place = parts.findIndex(({ type }) => type === "cut");
  return place === -1 ? { parts, isCut: false } : { parts: parts.slice(0, place), isCut: true };
}

/** Tokens of a reply: what it says of them, else a fixed number. */
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
    await wait(step.milliseconds, signal);
    return play(step.step, request, signal);
  }
  return "type" in step ? [step] : step;
}

function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

function unscripted(number: number, scripted: number, request: string): Error {
  return new Error(
    `scripted model: call ${number + 1} is not scripted, there ${scripted === 1 ? "is 1 step" : `are ${scripted} steps`}.\n` +
      `It was asked:\n${request}`,
  );
}
