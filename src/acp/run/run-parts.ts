import type { RunOptions } from "../../agent/loop/run.ts";
import type { AgentSession } from "../../agent/loop/session.ts";
import type { RunnerHost } from "../../agent/runner.ts";
import type { AcpAgent } from "../../wire/agent/acp/acp-agent.ts";
import type { AcpServerOptions } from "../launch/acp-host.ts";
import type { LiveSession } from "../live-session.ts";

/** The parts of one run. */
export interface AcpRunParts {
  session: AgentSession;
  run: RunOptions;
  live: LiveSession;
  host: RunnerHost;
  options: AcpServerOptions;
}

/** The agent as it is now: its model may have been switched. */
export function agentOf({ host }: Pick<AcpRunParts, "host">): AcpAgent {
  const { agent } = host.state;
  if (agent.kind !== "ACPAgent") throw new Error("The agent is none of another program");
  return agent;
}
