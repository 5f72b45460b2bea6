import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { nullable } from "../nullable.ts";
import { MigrationError, migrate } from "./migrations/migrate.ts";

const PLAN = { name: "ConversationSettings", steps: [(payload: Record<string, unknown>) => payload] };

const CONVERSATION_SETTINGS_VERSION = PLAN.steps.length;

/** The name of a branch, tag or commit; never an option of git. */
const GIT_REF = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;
const GIT_BRANCH_PREFIX = /^([A-Za-z0-9][A-Za-z0-9._/-]*)?$/;
/** As `docker run --memory` takes it. */
const DOCKER_MEMORY = /^\d+(\.\d+)? ?[kKmMgGtTpP]?[iI]?[bB]?$/;

/** Defaults of new conversations, which clients copy into their requests. Unknown keys are ignored. */
export const conversationSettings = z
  .object({
    schema_version: z.int().min(1).max(CONVERSATION_SETTINGS_VERSION).default(CONVERSATION_SETTINGS_VERSION),
    max_iterations: z.int().min(1).default(500),
    confirmation_mode: z.boolean().default(false),
    security_analyzer: z.enum(["llm", "none"]).nullable().default("llm"),
    default_runtime: z.enum(["local", "worktree", "docker"]).default("local"),
    worktree_base: z.enum(["default_branch", "head", "ref"]).default("default_branch"),
    worktree_base_ref: nullable(z.string().regex(GIT_REF)),
    worktree_branch_prefix: z.string().regex(GIT_BRANCH_PREFIX).default("openhands/"),
    container_memory: nullable(z.string().regex(DOCKER_MEMORY)),
    container_cpus: nullable(z.number().min(0.01)),
    container_browser: z.boolean().default(true),
  })
  .superRefine(({ worktree_base: base, worktree_base_ref: ref }, context) => {
    if (base !== "ref" || ref !== null) return;
    const message = "Value error, Branching worktrees from a ref needs worktree_base_ref";
    context.addIssue({ code: "custom", message, path: [] });
  })
  .meta({ id: "ConversationSettings" });

/** Conversation settings of any version up to the present one. */
export const storedConversationSettings = z.preprocess((input, context) => {
  if (!isObject(input)) return input;
  try {
    return migrate(input, PLAN);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    context.addIssue({ code: "custom", message: `Value error, ${error.message}`, path: [] });
    return z.NEVER;
  }
}, conversationSettings);

export type ConversationSettings = z.output<typeof conversationSettings>;
