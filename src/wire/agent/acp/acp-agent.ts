import { z } from "zod";
import { isObject } from "../../../is-object.ts";
import { nullable, orElse } from "../../nullable.ts";
import { agentFields } from "../agent-fields.ts";
import { llmConfig } from "../llm-config.ts";
import { acpFileSecrets } from "./acp-file-secrets.ts";

/**
 * Name and account of the model that stands for the one which such a program asks itself: nothing here can ask it. With
 * `acp_model` it has that name, and this account all the same.
 */
export const ACP_MANAGED = "acp-managed";

const managedLlm = z.preprocess(
  (input) => (isObject(input) ? { usage_id: ACP_MANAGED, ...input } : (input ?? managed())),
  llmConfig,
);

function managed(): Record<string, unknown> {
  return { model: ACP_MANAGED, usage_id: ACP_MANAGED };
}

/**
 * An agent that is another program, spoken to by the Agent Client Protocol. Such programs read the files of a project
 * themselves.
 */
export const acpAgent = z
  .object({
    ...agentFields,
    llm: managedLlm.prefault(() => managed() as never) as unknown as z.ZodDefault<typeof llmConfig>,
    include_default_tools: z.array(z.string()).default([]),
    system_prompt_kwargs: orElse(z.record(z.string(), z.unknown()), () => ({})),
    acp_command: z.array(z.string()).describe("Program and arguments; no shell reads them"),
    acp_server: nullable(z.string()).describe("Name of the program, as in settings"),
    acp_args: z.array(z.string()).default([]),
    acp_session_mode: nullable(z.string()),
    acp_prompt_timeout: z.number().default(1_800).describe("Seconds without any sign of the program"),
    acp_startup_timeout: z.number().default(90).describe("Seconds"),
    acp_model: nullable(z.string()),
    acp_resume_session_id: nullable(z.string()).describe("A session of the program to go on with; a secret"),
    acp_file_secrets: acpFileSecrets,
    acp_isolate_data_dir: orElse(z.boolean(), () => false).describe(
      "Whether the program has a folder of its own for each conversation",
    ),
    kind: z.literal("ACPAgent"),
  })
  .overwrite((agent) => ({
    ...agent,
    llm: { ...agent.llm, model: agent.acp_model || agent.llm.model },
    agent_context: agent.agent_context && { ...agent.agent_context, load_project_skills: false },
  }))
  .meta({ id: "ACPAgent" });

/** An agent that is another program, with its defaults filled in. */
export type AcpAgent = z.output<typeof acpAgent>;
