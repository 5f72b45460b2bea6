import { BUILT_IN_RUNNERS } from "../../../agent/built-in-runners.ts";
import { createRunner, type Runner, type RunnerHost } from "../../../agent/runner.ts";
import { isAllowedSecret } from "../../launch/agent-profiles.ts";
import type { LiveContext } from "../conversation-context.ts";
import { readMemory } from "../session/prompt-files.ts";
import { forwardedMcpServers } from "./forwarded-mcp-servers.ts";
import type { OpenedLog } from "./open-log.ts";
import type { OpenedSession } from "./open-session.ts";

/** Makes the runner of a conversation, which opens its machine. */
export async function openRunner(
  context: LiveContext,
  { config, keeper, secrets }: OpenedLog,
  { host: openHost, plugins }: Pick<OpenedSession, "host" | "plugins">,
): Promise<Runner> {
  const { logger, clock, agentFiles } = context;
  const host = await openHost();
  const runnerHost: RunnerHost = {
    ...host,
    logger,
    mcpServers: () => forwardedMcpServers(keeper.state.agent, plugins, host),
    memory: () => readMemory(keeper.state.agent, host.workspace, agentFiles),
    allowsSecret: (name) => isAllowedSecret(name, config.launched_agent_profile ?? null),
    hide: (values) => secrets.hide(values),
    recordAside: (reply) => keeper.recordAside(keeper.state.agent.llm, reply),
    now: () => clock.now(),
  };
  const runners = { ...BUILT_IN_RUNNERS, ...context.runners };
  return createRunner(keeper.state.agent.kind, runners, runnerHost);
}
