import { z } from "zod";
import { kindUnion } from "../kind-union.ts";
import { nullable } from "../nullable.ts";
import { requiredSecret } from "../secret-source.ts";
import {
  AGENT_ISSUE_LABELS,
  INFRASTRUCTURE_LABELS,
  QWEN,
  SENTIMENT_LABELS,
  SENTIMENTS,
  USER_FOLLOWUP_LABELS,
} from "./critic-labels.ts";

const share = z.number().min(0).max(1);

const iterativeRefinement = z
  .object({ success_threshold: share.default(0.6), max_iterations: z.int().min(1).default(3) })
  .meta({ id: "IterativeRefinementConfig" });

const shared = {
  mode: z
    .enum(["finish_and_message", "all_actions"])
    .default("finish_and_message")
    .describe("When the critic is asked"),
  iterative_refinement: nullable(iterativeRefinement),
};

function simple<K extends string>(kind: K) {
  return z.object({ ...shared, kind: z.literal(kind) }).meta({ id: kind });
}

const labels = z.array(z.string());

const apiBased = z
  .object({
    server_url: z.string().default("https://llm-proxy.app.all-hands.dev/vllm"),
    api_key: requiredSecret,
    model_name: z.string().default("critic"),
    tokenizer_name: z.string().default(QWEN),
    pass_tools_definitions: z.boolean().default(true),
    timeout_seconds: z.number().default(300),
    has_success_label: z.boolean().default(true),
    sentiment_labels: labels.default([...SENTIMENT_LABELS]),
    agent_issue_labels: labels.default([...AGENT_ISSUE_LABELS]),
    infra_labels: labels.default([...INFRASTRUCTURE_LABELS]),
    user_followup_labels: labels.default([...USER_FOLLOWUP_LABELS]),
    sentiment_map: z.record(z.string(), z.string()).default({ ...SENTIMENTS }),
    ...shared,
    issue_threshold: share.default(0.75),
    kind: z.literal("APIBasedCritic"),
  })
  .meta({ id: "APIBasedCritic" });

/** The configuration of a critic. */
export type Critic = z.output<typeof critic>;

/** The rater of an agent's work. */
export const critic = kindUnion(
  [simple("AgentFinishedCritic"), apiBased, simple("EmptyPatchCritic"), simple("PassCritic")],
  { base: "openhands.sdk.critic.base.CriticBase" },
);
