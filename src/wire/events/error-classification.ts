import { z } from "zod";
import { nullable } from "../nullable.ts";

/** The kind of a failure and the action that can resolve it. */
export const errorClassification = z
  .object({
    kind: z
      .enum(["auth", "quota", "rate_limit", "config", "transient", "agent_action", "internal", "unknown"])
      .meta({ id: "FailureKind" }),
    retryable: z.boolean(),
    user_action: z.enum(["none", "retry", "settings"]).default("none"),
    error_id: nullable(z.string()),
  })
  .meta({ id: "ErrorClassification" });

/** The kind of a failure and the action that can resolve it. */
export type ErrorClassification = z.input<typeof errorClassification>;
