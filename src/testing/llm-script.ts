/** One piece of a scripted reply. */
export type ReplyPart =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  /** `arguments` is JSON text, so that broken JSON can be scripted too. */
  | { type: "call"; tool: string; arguments: string; id?: string };

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

/** The model says a text. */
export function say(text: string): ReplyPart {
  return { type: "text", text };
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

/** The model takes its time. */
export function after<Request>(milliseconds: number, step: Step<Request>): DelayedStep<Request> {
  return { type: "delayed", milliseconds, step };
}

export interface Script<Request> {
  /** Every request so far, oldest first. Empty when not recorded. */
  readonly requests: readonly Request[];
  /** The parts of the next step. Throws what the step says, or an error for a call that nobody scripted. */
  next(request: Request, signal?: AbortSignal): Promise<{ number: number; parts: readonly ReplyPart[] }>;
  /** Throws when steps are left over. */
  assertDone(): void;
}

/** Plays steps in order; a single function answers every call. */
export function createScript<Request>(
  steps: readonly Step<Request>[] | ((request: Request) => Step<Request> | Promise<Step<Request>>),
  options: { record?: boolean; show: (request: Request) => string },
): Script<Request> {
  const requests: Request[] = [];
  let played = 0;
  return {
    requests,
    async next(request, signal) {
      const number = played;
      played += 1;
      if (options.record !== false) requests.push(request);
      const step = typeof steps === "function" ? steps : steps[number];
      if (step === undefined) throw unscripted(number, steps.length, options.show(request));
      return { number, parts: await play(step, request, signal) };
    },
    assertDone() {
      if (typeof steps === "function" || played >= steps.length) return;
      throw new Error(
        `scripted model: ${steps.length - played} of ${steps.length} steps were not called for`,
      );
    },
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
