import type { Logger } from "../logger.ts";
import type { ToolSecrets } from "../tools/tool.ts";
import type { Toolbox } from "../tools/toolbox/toolbox.ts";
import type { McpServer } from "../wire/agent/mcp-server.ts";
import type { Workspace } from "../workspace/workspace.ts";
import type { RemoteAccess } from "./transports/remote-access.ts";

/** A server with what becomes of its texts. */
export interface McpServerEntry {
  server: McpServer;
  /** Whether `${NAME}` in it stays as it is, as in servers of packages. Default: false. */
  isLiteral?: boolean;
}

/** The part of a conversation that its servers need. */
export interface McpHost {
  workspace: Workspace;
  secrets: ToolSecrets;
  /** The tools of the conversation, which those of the servers are added to. */
  tools: Pick<Toolbox, "names" | "add" | "remove">;
  /** Whether a tool of that name may be given to the model. */
  keeps(name: string): boolean;
  logger: Logger;
  remote: RemoteAccess;
}
