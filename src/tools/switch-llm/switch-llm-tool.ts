import { z } from "zod";
import { AgentServerError, messageOf } from "../../errors.ts";
import { builtInTool, type ToolResult } from "../define-tool.ts";
import { AGENT_MODEL, type ToolModels } from "../tool-models.ts";

/** Names of profiles that the description lists. */
const MAX_LISTED = 100;

/** Gives the agent another saved model. */
export const switchLlmTool = builtInTool({
  name: "switch_llm",
  description: ({ models }) => describe(models),
  input: z.object({
    profile_name: z.string().describe("Name of the LLM profile, as it is listed."),
    reason: z.string().describe("In a few words, why that model suits what comes next."),
  }),
  params: z.strictObject({}),
  annotations: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: false,
  },
  wire: { tool: "SwitchLLMTool", action: "SwitchLLMAction", observation: "SwitchLLMObservation" },
  resources: () => [AGENT_MODEL],
  async run({ profile_name: profile, reason }, { models }) {
    const about = { profile_name: profile, reason };
    try {
      const model = await models.switchTo({ profile });
      const content = `From your next step on, the model is ${model} (LLM profile '${profile}'). Reason: ${reason}`;
      return { ...about, active_model: model, content };
    } catch (error) {
      return { ...about, ...failed(error, profile) };
    }
  },
});

function describe({ listed }: ToolModels): string {
  return `Gives this conversation another language model: one of the LLM profiles that are saved on this server.

Call it when another of them suits what comes next better than the one in use. Your other calls of this step are still yours; \
the new model takes over with the next step, and reads the whole conversation.

LLM profiles:
${names(listed)}`;
}

function names(listed: readonly string[]): string {
  if (listed.length === 0) return "- none is saved at the moment";
  const lines = [...listed].sort().map((name) => `- ${name}`);
  const more = lines.length > MAX_LISTED ? [`- and ${lines.length - MAX_LISTED} more`] : [];
  return [...lines.slice(0, MAX_LISTED), ...more].join("\n");
}

function failed(error: unknown, profile: string): ToolResult {
  const isMissing = AgentServerError.is(error) && error.code === "not_found";
  const content = isMissing
    ? `There is no LLM profile '${profile}'. The model stays as it is.`
    : `The model stays as it is: ${messageOf(error)}`;
  return { content, is_error: true };
}
