import { AgentServerError } from "../../../errors.ts";
import { type AcpAgent, acpAgent } from "../../agent/acp/acp-agent.ts";
import { ACP_LAUNCHES, npxCommand } from "../../agent/acp/acp-commands.ts";
import type { AcpSettings } from "./agent-settings.ts";

/**
 * Builds the agent that settings of another program describe.
 *
 * @throws AgentServerError `unprocessable` where they name no program.
 */
export function acpAgentOfSettings(settings: AcpSettings): AcpAgent {
  const { agent_kind: _kind, schema_version: _version, ...fields } = settings;
  return acpAgent.parse({ ...fields, acp_command: acpCommandOf(settings), kind: "ACPAgent" });
}

/** The command of settings, or else the one that fetches and starts the program that they name. Throws as above. */
export function acpCommandOf({
  acp_command: command,
  acp_server: server,
}: Pick<AcpSettings, "acp_command" | "acp_server">): string[] {
  if (command.length > 0) return command;
  if (server !== "custom") return npxCommand(ACP_LAUNCHES[server]);
  throw new AgentServerError(
    "unprocessable",
    "ACPAgentSettings.acp_command must be set when acp_server='custom' — there is no default to fall back to",
  );
}
