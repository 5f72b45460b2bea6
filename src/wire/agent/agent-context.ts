import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { nullable } from "../nullable.ts";
import { secretsByName } from "../secret-limits.ts";
import { secretSource } from "../secret-source.ts";
import { skill } from "./skill.ts";

export const marketplaceRegistration = z
  .object({
    name: z.string(),
    source: z.string(),
    ref: nullable(z.string()),
    repo_path: nullable(z.string()),
    auto_load: z.union([z.boolean(), z.array(z.string())]).default(false),
  })
  .superRefine(({ repo_path: path }, context) => {
    const fault = path === null ? undefined : pathFault(path);
    if (fault === undefined) return;
    context.addIssue({ code: "custom", message: `Value error, ${fault}`, path: ["repo_path"] });
  })
  .meta({ id: "MarketplaceRegistration" });

/** A marketplace by the name under which plugins of it are referred to. */
export type MarketplaceRegistration = z.output<typeof marketplaceRegistration>;

function pathFault(path: string): string | undefined {
  if (path === "") return "repo_path must not be empty";
  if (path.includes("\\")) return "repo_path must use '/' separators";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "repo_path must be relative, not absolute";
  return path.split("/").includes("..") ? "repo_path cannot contain '..' path traversal" : undefined;
}

/** The fields of `agentContext`, as a form shows them. */
export const agentContextFields = z
  .object({
    skills: z
      .array(skill)
      .superRefine((skills, context) => {
        const names = skills.map(({ name }) => name);
        const twice = names.find((name, index) => names.indexOf(name) !== index);
        if (twice === undefined) return;
        context.addIssue({
          code: "custom",
          message: `Value error, Duplicate skill name found: ${twice}`,
          path: [],
        });
      })
      .default([]),
    system_message_suffix: nullable(z.string()),
    user_message_suffix: nullable(z.string()),
    load_user_skills: z.boolean().default(false),
    load_public_skills: z.boolean().default(false),
    marketplace_path: z.string().nullable().default("marketplaces/default.json"),
    registered_marketplaces: z.array(marketplaceRegistration).default([]),
    load_project_skills: z.boolean().default(false),
    load_memory: z.boolean().default(false),
    disabled_skills: z.array(z.string()).default([]),
    secrets: nullable(secretsByName(z.union([z.string(), secretSource]))),
    current_datetime: z
      .string()
      .nullable()
      .optional()
      .describe("ISO time, or words, shown to the model; null for none. Default: the time of creation"),
  })
  .meta({ id: "AgentContext" });

/**
 * Skills and texts added to an agent's prompt. `memory_context` is refused: a server fills it in from the files of
 * `load_memory`, and neither the reference's nor this one passes on what a client sends.
 */
export const agentContext = z.preprocess(withoutMemory, agentContextFields) as unknown as z.ZodType<
  z.output<typeof agentContextFields>,
  z.input<typeof agentContextFields>
>;

function withoutMemory(input: unknown, context: z.core.$RefinementCtx): unknown {
  if (isObject(input) && input.memory_context != null && input.memory_context !== "") {
    const message =
      "Value error, the server fills this in itself: leave it out, or use system_message_suffix";
    context.addIssue({ code: "custom", message, path: ["memory_context"] });
  }
  return input;
}

/** Skills and texts added to an agent's prompt. */
export type AgentContext = z.output<typeof agentContextFields>;
