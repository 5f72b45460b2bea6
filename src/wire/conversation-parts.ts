import { z } from "zod";
import { skill } from "./agent/skill.ts";
import { nullable, orElse } from "./nullable.ts";

/** The folder a conversation works in. */
export const localWorkspace = z
  .object({
    working_dir: z.string().min(1),
    kind: z.literal("LocalWorkspace").default("LocalWorkspace"),
  })
  .meta({ id: "LocalWorkspace" });

const TAG_KEY = /^[a-z0-9]+$/;
const MAX_TAG_VALUE = 256;

/** Tags by key. Only the first fault is reported, as in the reference. */
export const tags = z.record(z.string(), z.string()).superRefine((value, context) => {
  for (const [key, text] of Object.entries(value)) {
    if (!TAG_KEY.test(key)) {
      return refuse(context, `Tag key '${key}' is invalid: keys must be lowercase alphanumeric only`);
    }
    if (text.length > MAX_TAG_VALUE) {
      return refuse(context, `Tag value for '${key}' exceeds maximum length of ${MAX_TAG_VALUE} characters`);
    }
  }
});

/** How the worktree of a conversation is made. */
export const worktreeOptions = z
  .strictObject({
    base: z
      .enum(["default_branch", "head", "ref"])
      .default("default_branch")
      .describe("The start: the default branch of `origin`, the workspace's HEAD, or `ref`"),
    ref: nullable(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/)).describe("Required with the base `ref`"),
    branch_prefix: z
      .string()
      .regex(/^([A-Za-z0-9][A-Za-z0-9._/-]*)?$/)
      .default("openhands/")
      .describe("The branch is named after it and the conversation's id"),
  })
  .superRefine(({ base, ref }, context) => {
    if (base === "ref" && ref === null) refuse(context, "A `ref` base needs a `ref`");
  })
  .meta({ id: "ConversationWorktreeOptions" });

/** Limits of a conversation's container. Local conversations ignore them, as in the reference. */
export const containerOptions = z
  .strictObject({
    memory: nullable(z.string().regex(/^\d+(\.\d+)? ?[kKmMgGtTpP]?[iI]?[bB]?$/)),
    cpus: nullable(z.number().min(0.01)),
    browser: z.boolean().default(true),
  })
  .meta({ id: "ConversationContainerOptions" });

/** Additions of a deployment to the agent of a request. */
export const launchAdditions = z
  .strictObject({
    system_message_suffix_append: nullable(z.string().max(32_768)),
    skills: nullable(z.array(skill)).describe("Those that the agent has itself win"),
    llm_profile_ref: nullable(z.string().min(1)).describe("Only with `agent_profile_id`"),
  })
  .meta({ id: "AgentLaunchAdditions" });

/** Values that a trace may carry: scalars, or lists of one type. Others are refused with the name of their key. */
export const observabilityMetadata = orElse(
  z.record(z.string(), z.unknown()).superRefine((metadata, context) => {
    const wrong = Object.keys(metadata).find((key) => key === "" || !isTraceValue(metadata[key]));
    if (wrong === "") refuse(context, "Observability metadata keys must be non-empty strings");
    else if (wrong !== undefined) {
      refuse(context, `Observability metadata value for '${wrong}' must be a scalar or a list of one type`);
    }
  }),
  () => ({}),
);

export const observabilityTags = orElse(
  z.array(z.string()).superRefine((list, context) => {
    if (list.includes("")) refuse(context, "Observability tags must be non-empty strings");
  }),
  () => [],
);

const MAX_SPAN_NAME = 128;

export const observabilitySpanName = orElse(
  z.string().superRefine((name, context) => {
    if (name === "") refuse(context, "Observability span name must be a non-empty string");
    else if (name.length > MAX_SPAN_NAME) {
      refuse(context, `Observability span name exceeds maximum length of ${MAX_SPAN_NAME} characters`);
    } else if (!/^[A-Za-z0-9._:/-]+$/.test(name)) {
      refuse(
        context,
        "Observability span name may only contain letters, numbers, dots, underscores, colons, slashes, and hyphens",
      );
    }
  }),
  () => "conversation",
);

/** Replaces an invalid threshold by its default, because a bad number must not prevent a conversation. */
const stuckThreshold = (fallback: number) => z.int().min(1).default(fallback).catch(fallback);

/** The number of repetitions in a row after which an agent counts as stuck. */
export const stuckDetectionThresholds = z
  .object({
    action_observation: stuckThreshold(4),
    action_error: stuckThreshold(3),
    monologue: stuckThreshold(3),
    alternating_pattern: stuckThreshold(6),
  })
  .meta({ id: "StuckDetectionThresholds" });

function isTraceValue(value: unknown): boolean {
  if (Array.isArray(value)) {
    const types = new Set(value.map(traceType));
    return types.size <= 1 && !types.has("other");
  }
  return traceType(value) !== "other";
}

/** Whole numbers and others are two types for OpenTelemetry. */
function traceType(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "float";
  return typeof value === "string" || typeof value === "boolean" ? typeof value : "other";
}

function refuse(context: z.core.$RefinementCtx, message: string): void {
  context.addIssue({ code: "custom", message: `Value error, ${message}`, path: [] });
}
