import type { LoopExtension } from "../../../agent/loop/extension.ts";
import { NO_NETWORK } from "../../../mcp/transports/remote-access.ts";
import type { BuiltInParts } from "./built-in-parts.ts";

/** The critic of the agent; none for an agent without one. */
export async function agentCritic({ host, context }: BuiltInParts): Promise<LoopExtension[]> {
  const { critic: config } = host.state.agent;
  if (config === null) return [];
  const { createCritic } = await import("../../../agent/critic/create-critic.ts");
  const { CriticExtension } = await import("../../../agent/critic/critic-extension.ts");
  const critic = createCritic(config, { fetch: (context.mcp ?? NO_NETWORK).fetch });
  const { conversationId, workspace } = host;
  const hasChanges = async () => {
    const { listChanges } = await import("../../../workspace/git/changes.ts");
    return (await listChanges(workspace, workspace.info.workingDir, undefined)).changes.length > 0;
  };
  return [new CriticExtension({ config, critic, conversationId, hasChanges, logger: context.logger })];
}
