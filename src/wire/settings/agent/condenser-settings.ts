import { z } from "zod";
import { isObject } from "../../../is-object.ts";
import { nullable } from "../../nullable.ts";

const SUMMARISING = "llm_summarizing";
const NO_OP = "no_op";

const share = z.number().gt(0).lt(1);
const enabled = z.boolean().default(true);

/** Settings of the condenser that summarises the oldest events. */
export const summarisingSettings = z
  .object({
    condenser_kind: z.literal(SUMMARISING).default(SUMMARISING),
    enabled,
    max_size: z.int().min(20).default(240),
    max_tokens: nullable(z.int().gt(0)),
    keep_first: z.int().min(0).default(2),
    minimum_progress: share.default(0.1),
    hard_context_reset_max_retries: z.int().gt(0).default(5),
    hard_context_reset_context_scaling: share.default(0.8),
  })
  .meta({ id: "LLMSummarizingCondenserSettings" });

export const noOpSettings = z
  .object({ condenser_kind: z.literal(NO_OP), enabled })
  .meta({ id: "NoOpCondenserSettings" });

/** The kinds of condensers that settings choose from. */
export const condenserKind = z.enum([SUMMARISING, NO_OP]);

/** Settings of a condenser. Those without a kind are of the summarising one. */
export const condenserSettings = z.preprocess(
  (input) => (isObject(input) ? { condenser_kind: SUMMARISING, ...input } : input),
  z.discriminatedUnion("condenser_kind", [summarisingSettings, noOpSettings]),
);
