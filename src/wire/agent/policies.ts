import { z } from "zod";
import { kindUnion } from "../kind-union.ts";
import { nullable } from "../nullable.ts";

export const securityRisk = z.enum(["UNKNOWN", "LOW", "MEDIUM", "HIGH"]);

export const confirmationPolicy = kindUnion(
  [
    z.object({ kind: z.literal("NeverConfirm") }).meta({ id: "NeverConfirm" }),
    z.object({ kind: z.literal("AlwaysConfirm") }).meta({ id: "AlwaysConfirm" }),
    z
      .object({
        threshold: z.enum(["LOW", "MEDIUM", "HIGH"]).default("HIGH"),
        confirm_unknown: z.boolean().default(true),
        kind: z.literal("ConfirmRisky"),
      })
      .meta({ id: "ConfirmRisky" }),
  ],
  { base: "openhands.sdk.security.confirmation_policy.ConfirmationPolicyBase" },
);

const patterns = z.array(z.tuple([z.string(), z.string()]).rest(z.string())).optional();

/** Analyzers rate pending actions; only the confirmation policy acts on the rating. */
export const securityAnalyzer: z.ZodType<SecurityAnalyzer> = z
  .lazy(() =>
    kindUnion(
      [
        z.object({ kind: z.literal("LLMSecurityAnalyzer") }),
        z.object({
          high_patterns: patterns,
          medium_patterns: patterns,
          injection_high_patterns: patterns,
          injection_medium_patterns: patterns,
          kind: z.literal("PatternSecurityAnalyzer"),
        }),
        z.object({ kind: z.literal("PolicyRailSecurityAnalyzer") }),
        z.object({
          analyzers: z.array(securityAnalyzer).min(1),
          propagate_unknown: z.boolean().default(false),
          kind: z.literal("EnsembleSecurityAnalyzer"),
        }),
        z.looseObject({ api_key: nullable(z.string()), kind: z.literal("GraySwanAnalyzer") }),
        z.looseObject({ llm: z.looseObject({}), kind: z.literal("ToolShieldLLMSecurityAnalyzer") }),
      ],
      { base: "openhands.sdk.security.analyzer.SecurityAnalyzerBase" },
    ),
  )
  .meta({ id: "SecurityAnalyzer" }) as z.ZodType<SecurityAnalyzer>;

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
