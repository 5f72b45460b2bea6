import { z } from "zod";
import { nullable } from "../../nullable.ts";
import { secretString } from "../../secret-source.ts";

/** Settings of the critic that rates an agent's work. Without a separate key it uses that of the model. */
export const verificationSettings = z
  .object({
    critic_enabled: z.boolean().default(false),
    critic_mode: z.enum(["finish_and_message", "all_actions"]).default("finish_and_message"),
    enable_iterative_refinement: z.boolean().default(false),
    critic_threshold: z.number().min(0).max(1).default(0.6),
    max_refinement_iterations: z.int().min(1).default(3),
    critic_server_url: nullable(z.string()),
    critic_model_name: nullable(z.string()),
    critic_api_key: secretString,
  })
  .meta({ id: "VerificationSettings" });
