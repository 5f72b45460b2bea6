import { z } from "zod";
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

function pathFault(path: string): string | undefined {
  if (path === "") return "repo_path must not be empty";
  if (path.includes("\\")) return "repo_path must use '/' separators";
  if (path.startsWith("/") || /^[A-Za-z]:/.test(path)) return "repo_path must be relative, not absolute";
  return path.split("/").includes("..") ? "repo_path cannot contain '..' path traversal" : undefined;
}

/**
 * Skills and texts added to an agent's prompt. `memory_context`, which the reference's server fills in itself and never
 * echoes, is ignored.
 */
export const agentContext = z
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
    current_datetime: nullable(z.string()).describe(
      "ISO time shown to the model. Default: the time of creation",
    ),
  })
  .meta({ id: "AgentContext" });

/** Skills and texts added to an agent's prompt. */
export type AgentContext = z.output<typeof agentContext>;
