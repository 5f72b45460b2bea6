import { messageOf } from "../../errors.ts";
import { silentLogger } from "../../logger.ts";
import type { ToolRegistry } from "../../tools/registry.ts";
import { resolveTools } from "../../tools/toolbox/resolve-tools.ts";
import { startConversationRequest } from "../../wire/conversation-request.ts";
import type { AgentSettings } from "../../wire/settings/agent/agent-settings.ts";
import { requestedAgent } from "../record/requested-agent.ts";
import { judgeRequest } from "../unserved.ts";

/** The reason for which a start with such settings would be refused; undefined when it would not. Makes nothing. */
export async function refusalOf(
  settings: AgentSettings,
  { tools: registry, now }: { tools: ToolRegistry; now: string },
): Promise<string | undefined> {
  const sent = startConversationRequest.parse({ agent_settings: {}, workspace: { working_dir: "/" } });
  const request = { ...sent, agent_settings: settings };
  try {
    const agent = requestedAgent(request, {
      ...{ now, loadsMemory: false, sharedSkills: [], acpSkillSourcing: "native" as const },
    });
    judgeRequest({ request, agent, hasContainers: false });
    await resolveTools({ agent, clientTools: [], registry, logger: silentLogger });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
