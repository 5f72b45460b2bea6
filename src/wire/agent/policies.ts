import { z } from "zod";
import { kindUnion } from "../kind-union.ts";
import { nullable, orElse } from "../nullable.ts";
import { secretString } from "../secret-source.ts";
import { builtInPatterns, type PatternField } from "./built-in-patterns.ts";
import { llmConfig } from "./llm-config.ts";

export const securityRisk = z.enum(["UNKNOWN", "LOW", "MEDIUM", "HIGH"]).meta({ id: "SecurityRisk" });

/** The risk from which on a user is asked. A separate switch decides about unknown risks. */
const threshold = securityRisk
  .refine((risk) => risk !== "UNKNOWN", "Value error, Threshold cannot be UNKNOWN")
  .default("HIGH") as unknown as z.ZodDefault<z.ZodEnum<{ LOW: "LOW"; MEDIUM: "MEDIUM"; HIGH: "HIGH" }>>;

export const confirmationPolicy = kindUnion(
  [
    z.object({ kind: z.literal("AlwaysConfirm") }).meta({ id: "AlwaysConfirm" }),
    z
      .object({
        threshold,
        confirm_unknown: z.boolean().default(true),
        kind: z.literal("ConfirmRisky"),
      })
      .meta({ id: "ConfirmRisky" }),
    z.object({ kind: z.literal("NeverConfirm") }).meta({ id: "NeverConfirm" }),
  ],
  { base: "openhands.sdk.security.confirmation_policy.ConfirmationPolicyBase" },
);

const patterns = (field: PatternField) =>
  z
    .array(z.tuple([z.string(), z.string(), z.string()]))
    .prefault(() => builtInPatterns(field))
    .describe("Regular expression, description and id of each. Default: the built-in ones");

/** The policy that the service applies to accounts without another one. */
const GRAY_SWAN_POLICY = "689ca4885af3538a39b2ba04";

const graySwanAnalyzer = z
  .object({
    history_limit: z.int().default(20),
    max_message_chars: z.int().default(30_000),
    timeout: z.number().default(30).describe("Seconds"),
    low_threshold: z.number().default(0.3),
    medium_threshold: z.number().default(0.7),
    api_url: z.string().default("https://api.grayswan.ai/cygnal/monitor"),
    api_key: secretString,
    policy_id: orElse(z.string(), () => GRAY_SWAN_POLICY),
    kind: z.literal("GraySwanAnalyzer"),
  })
  .superRefine(({ low_threshold: low, medium_threshold: medium }, context) => {
    if (low < medium) return;
    const message = `Value error, low_threshold (${low}) must be less than medium_threshold (${medium})`;
    context.addIssue({ code: "custom", message, path: [] });
  })
  .meta({ id: "GraySwanAnalyzer" });

const toolShieldAnalyzer = z
  .object({
    llm: llmConfig,
    history_window: z
      .int()
      .default(20)
      .refine((window) => window >= 1, "Value error, history_window must be >= 1"),
    safety_experiences: z.string().default(""),
    kind: z.literal("ToolShieldLLMSecurityAnalyzer"),
  })
  .meta({ id: "ToolShieldLLMSecurityAnalyzer" });

/** Analyzers rate pending actions; only the confirmation policy acts on the rating. */
export const securityAnalyzer: z.ZodType<SecurityAnalyzer> = z
  .lazy(() =>
    kindUnion(
      [
        z
          .object({
            high_patterns: patterns("high_patterns"),
            medium_patterns: patterns("medium_patterns"),
            injection_high_patterns: patterns("injection_high_patterns"),
            injection_medium_patterns: patterns("injection_medium_patterns"),
            kind: z.literal("PatternSecurityAnalyzer"),
          })
          .meta({ id: "PatternSecurityAnalyzer" }),
        z
          .object({ kind: z.literal("PolicyRailSecurityAnalyzer") })
          .meta({ id: "PolicyRailSecurityAnalyzer" }),
        z
          .object({
            analyzers: z.array(securityAnalyzer).min(1),
            propagate_unknown: z.boolean().default(false),
            kind: z.literal("EnsembleSecurityAnalyzer"),
          })
          .meta({ id: "EnsembleSecurityAnalyzer" }),
        graySwanAnalyzer,
        z.object({ kind: z.literal("LLMSecurityAnalyzer") }).meta({ id: "LLMSecurityAnalyzer" }),
        toolShieldAnalyzer,
      ],
      { base: "openhands.sdk.security.analyzer.SecurityAnalyzerBase", isNamed: false },
    ),
  )
  .meta({ id: "SecurityAnalyzerBase" }) as z.ZodType<SecurityAnalyzer>;

export const setConfirmationPolicyRequest = z
  .object({ policy: confirmationPolicy })
  .meta({ id: "SetConfirmationPolicyRequest" });

export const confirmationResponseRequest = z
  .object({
    accept: z.boolean(),
    reason: z.string().default("User rejected the action."),
    action_ids: nullable(z.array(z.string())).describe(
      "Actions that the answer is about; 409 when others wait. Default: those that wait when it arrives",
    ),
  })
  .meta({ id: "ConfirmationResponseRequest" });

/** The risk of one action, as an analyzer rates it. */
export type SecurityRisk = z.output<typeof securityRisk>;
/** The rule that decides which actions wait for the user. */
export type ConfirmationPolicy = z.output<typeof confirmationPolicy>;
/** The analyzer that rates the risk of actions. */
export type SecurityAnalyzer = {
  /** Name of the analyzer, such as `LLMSecurityAnalyzer`; decides which other fields are allowed. */
  kind: string;
} & Record<string, unknown>;
