import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { kindUnion } from "../kind-union.ts";
import { nullable } from "../nullable.ts";
import { llmConfig } from "./llm-config.ts";

/** A summary is read whole, so its model need not stream. Subscriptions answer in streams only. */
function withoutStreaming(input: unknown): unknown {
  if (!isObject(input) || input.stream !== true || input.auth_type === "subscription") return input;
  return { ...input, stream: false };
}

const share = z.number().gt(0).lt(1);

const summarising = z
  .object({
    llm: z.preprocess(withoutStreaming, llmConfig),
    max_size: z.int().gt(0).default(240).describe("Number of events above which the oldest are summarised"),
    max_tokens: nullable(z.int()),
    keep_first: z.int().min(0).default(2).describe("Events at the beginning that are never summarised"),
    minimum_progress: share.default(0.1).describe("Smallest share of the events that a summary replaces"),
    hard_context_reset_max_retries: z.int().gt(0).default(5),
    hard_context_reset_context_scaling: share.default(0.8),
    kind: z.literal("LLMSummarizingCondenser"),
  })
  .superRefine(({ max_size: size, keep_first: kept }, context) => {
    if (Math.floor(size / 2) - kept - 1 > 0) return;
    const message = "Value error, keep_first must be less than max_size // 2 to leave room for condensation";
    context.addIssue({ code: "custom", message, path: [] });
  })
  .meta({ id: "LLMSummarizingCondenser" });

const noOp = z.object({ kind: z.literal("NoOpCondenser") }).meta({ id: "NoOpCondenser" });

interface Pipeline {
  condensers: Condenser[];
  kind: "PipelineCondenser";
}

/** The way in which the view of events that a model is shown is shortened. */
export type Condenser = z.output<typeof summarising> | z.output<typeof noOp> | Pipeline;

/** The schema of condensers. A pipeline holds others, in the order in which they are applied. */
export const condenser: z.ZodType<Condenser> = z
  .lazy(() =>
    kindUnion(
      [
        summarising,
        noOp,
        z
          .object({ condensers: z.array(condenser), kind: z.literal("PipelineCondenser") })
          .meta({ id: "PipelineCondenser" }),
      ],
      { base: "openhands.sdk.context.condenser.base.CondenserBase", isNamed: false },
    ),
  )
  .meta({ id: "CondenserBase" }) as z.ZodType<Condenser>;
