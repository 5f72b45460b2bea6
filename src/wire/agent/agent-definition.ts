import { z } from "zod";
import { nullable } from "../nullable.ts";
import { condenser } from "./condensers.ts";
import { hookConfig } from "./hook-config.ts";
import { mcpConfig } from "./mcp-server.ts";

const names = z.array(z.string());

/** A sub-agent that an agent may give tasks to. */
export const agentDefinition = z
  .object({
    name: z.string(),
    description: z.string().default(""),
    model: z.string().default("inherit").describe("`inherit` for the model of the parent"),
    color: nullable(z.string()),
    tools: names.default([]),
    skills: names.default([]),
    system_prompt: z.string().default(""),
    source: nullable(z.string()),
    level: nullable(z.enum(["project", "user", "builtin", "plugin", "programmatic"])),
    when_to_use_examples: names.default([]),
    hooks: nullable(hookConfig),
    permission_mode: nullable(z.string()).describe(
      "always_confirm, never_confirm or confirm_risky; null: the parent's",
    ),
    max_iteration_per_run: nullable(z.int().gt(0)),
    max_budget_per_run: nullable(z.number().gt(0)).describe("US dollars"),
    mcp_config: nullable(mcpConfig),
    profile_store_dir: nullable(z.string()),
    condenser: nullable(condenser),
    metadata: z.record(z.string(), z.unknown()).default({}),
  })
  .meta({ id: "AgentDefinition" });

/** A sub-agent that an agent may give tasks to. */
export type AgentDefinition = z.output<typeof agentDefinition>;

/** Whether a sub-agent has a model other than its parent's. */
export function namesModel({ model }: Pick<AgentDefinition, "model">): boolean {
  return model !== "" && model !== "inherit";
}

/** Whether the model of a sub-agent is a profile of a folder, not one that the server keeps. */
export function namesProfileFolder(
  definition: Pick<AgentDefinition, "model" | "profile_store_dir">,
): boolean {
  return namesModel(definition) && definition.profile_store_dir !== null;
}

/** A place that a plugin is loaded from. */
export const pluginSource = z
  .object({
    source: z.string().describe("`github:owner/repo`, another git URL, or a path"),
    ref: nullable(z.string()).describe("Branch, tag or commit"),
    repo_path: nullable(z.string()).describe("Folder within the repository"),
  })
  .superRefine(({ repo_path: path }, context) => {
    const fault = path === null ? undefined : pathFault(path);
    if (fault === undefined) return;
    context.addIssue({ code: "custom", message: `Value error, ${fault}`, path: ["repo_path"] });
  })
  .meta({ id: "PluginSource" });

/** A place that a plugin is loaded from. */
export type PluginSource = z.output<typeof pluginSource>;

function pathFault(path: string): string | undefined {
  if (path.startsWith("/")) return "repo_path must be relative, not absolute";
  return path.split("/").includes("..")
    ? "repo_path cannot contain '..' (parent directory traversal)"
    : undefined;
}
