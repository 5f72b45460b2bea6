import { z } from "zod";
import { FAILURES, fail } from "../fail.ts";
import { show } from "../first-difference.ts";
import { after, call, cut, type ReplyPart, type Step, say, think, usage } from "./llm-script.ts";

const part = z.union([
  z.string(),
  z.strictObject({ say: z.string(), chunk_size: z.int().min(1).optional() }),
  z.strictObject({ think: z.string() }),
  z.strictObject({
    call: z.string(),
    arguments: z.union([z.record(z.string(), z.unknown()), z.string()]).default({}),
    id: z.string().optional(),
  }),
  z.strictObject({
    usage: z.strictObject({
      prompt_tokens: z.int().optional(),
      completion_tokens: z.int().optional(),
      cache_read_tokens: z.int().optional(),
      cache_write_tokens: z.int().optional(),
      reasoning_tokens: z.int().optional(),
    }),
    cost: z.number().optional().describe("US dollars"),
  }),
  z.strictObject({ cut: z.literal(true) }),
]);

const failure = z.strictObject({
  fail: z.enum(FAILURES),
  retry_after: z.number().min(0).optional().describe("Seconds"),
  message: z.string().optional(),
});

const reply = z.union([part, z.array(part), failure]);
const step = z.union([reply, z.strictObject({ after_ms: z.number().min(0), step: reply })]);

const llmScript = z.strictObject({
  steps: z.array(z.unknown()),
  /** The step for every call without tools. It takes no place in `steps`. */
  side_calls: z.unknown().optional(),
  /** Continues with the first step after the last. */
  repeat: z.boolean().default(false),
});

const FORMS =
  'a text, {"say"}, {"think"}, {"call", "arguments", "id"}, {"usage", "cost"}, {"cut": true}, a list of these, ' +
  `{"fail": ${FAILURES.join(" or ")}, "retry_after"}, or {"after_ms", "step"}`;

/**
 * A step as JSON: a text, `{say}`, `{think}`, `{call, arguments}`, `{usage}`, `{cut}`, a list of these, or `{fail}`.
 */
export type StepJson = z.input<typeof step>;
type PartJson = z.output<typeof part>;

/** A script file, parsed. */
export interface LlmScript {
  /** Steps in order. */
  steps: Step<unknown>[];
  /** The step for every call without tools. */
  sideCalls: Step<unknown> | undefined;
  /** Whether the first step follows the last. */
  repeat: boolean;
}

/**
 * Parses a list of steps, or `{ steps, side_calls, repeat }`.
 *
 * @throws TypeError that names the invalid step and the allowed forms.
 */
export function parseLlmScript(json: unknown): LlmScript {
  const parsed = llmScript.safeParse(Array.isArray(json) ? { steps: json } : json);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error));
  const { steps, side_calls: side, repeat } = parsed.data;
  return {
    steps: steps.map((stepJson, index) => parseStep(stepJson, `steps[${index}]`)),
    sideCalls: side === undefined ? undefined : parseStep(side, "side_calls"),
    repeat,
  };
}

function parseStep(json: unknown, path: string): Step<unknown> {
  const parsed = step.safeParse(json);
  if (parsed.success) return toStep(parsed.data);
  throw new TypeError(`${path}: ${show(json)} is not a step. Allowed: ${FORMS}`);
}

function toStep(json: z.output<typeof step>): Step<unknown> {
  if (typeof json === "object" && "after_ms" in json) return after(json.after_ms, toStep(json.step));
  if (typeof json === "object" && "fail" in json) {
    return fail(json.fail, { retryAfter: json.retry_after, message: json.message });
  }
  return Array.isArray(json) ? json.map(toPart) : toPart(json);
}

function toPart(json: PartJson): ReplyPart {
  if (typeof json === "string") return say(json);
  if ("say" in json) return say(json.say, { chunkSize: json.chunk_size });
  if ("think" in json) return think(json.think);
  if ("call" in json) return call(json.call, json.arguments, json.id);
  if ("usage" in json) return usage(json.usage, { cost: json.cost });
  return cut();
}
