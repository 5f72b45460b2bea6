import { z } from "zod";
import { kindUnion } from "../kind-union.ts";
import { nullable } from "../nullable.ts";
import { type AcpAgent, acpAgent } from "./acp/acp-agent.ts";
import { agentFields, DEFAULT_PROMPT } from "./agent-fields.ts";

const codeAgent = z
  .object({
    ...agentFields,
    persona: nullable(z.string()).describe("Replaces the built-in identity and way of working in the prompt"),
    kind: z.literal("Agent"),
  })
  .superRefine(({ system_prompt: prompt, system_prompt_filename: file }, context) => {
    if (prompt === null || file === DEFAULT_PROMPT) return;
    const message =
      "Value error, Cannot set both 'system_prompt' and a non-default 'system_prompt_filename'. Use one or the other.";
    context.addIssue({ code: "custom", message, path: [] });
  })
  .meta({ id: "Agent" });

/** The agent of a conversation: the built-in loop, or another program. Without `kind` it is an `Agent`. */
export const agent = kindUnion([codeAgent, acpAgent], {
  base: "openhands.sdk.agent.base.AgentBase",
  fallback: "Agent",
});

/** An agent of the built-in loop, as requests may have it. */
export type CodeAgentInput = Omit<z.input<typeof codeAgent>, "kind"> & { kind?: "Agent" | undefined };
/** An agent of the built-in loop, with its defaults filled in. */
export type CodeAgent = z.output<typeof codeAgent>;
/** An agent with its defaults filled in. */
export type Agent = CodeAgent | AcpAgent;
export { type AgentContext, agentContext } from "./agent-context.ts";
export type { ToolSpec } from "./agent-fields.ts";
export type { Skill } from "./skill.ts";
