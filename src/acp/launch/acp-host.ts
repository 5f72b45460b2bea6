import type { Logger } from "../../logger.ts";
import type { ToolSecrets } from "../../tools/tool.ts";
import type { AcpAgent } from "../../wire/agent/acp/acp-agent.ts";
import type { McpServer } from "../../wire/agent/mcp-server.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { AcpProvider } from "../providers.ts";
import type { FindLogin } from "./logins/shared-login.ts";

/** Finds the logins that the server has for the program of a conversation. */
export type ServerLogins = (asked: {
  conversationId: string;
  provider: AcpProvider | undefined;
}) => FindLogin;

/** The part of a server that programs get something of. */
export interface AcpServerOptions {
  /** The environment of the server: a program sees the variables of its account, where no secret has the name. */
  environment: Readonly<Record<string, string | undefined>>;
  /** The logins that the server keeps for programs. Default: none. */
  logins?: ServerLogins | undefined;
  /** Milliseconds before a prompt is sent again, by attempt. Default: 5, 15 and 30 seconds. */
  retryDelays?: readonly number[] | undefined;
}

/** The purpose that a program is started for: a conversation, or a question for its models. */
export interface AcpHost extends AcpServerOptions {
  agent: AcpAgent;
  /** The machine that it runs on. */
  workspace: Workspace;
  /** Names of the secrets that it may have. */
  secretNames: readonly string[];
  secrets: ToolSecrets;
  /** Resolves to the MCP servers that it connects itself, by name, with their variables filled in. */
  mcpServers(): Promise<Readonly<Record<string, McpServer>>>;
  logger: Logger;
  /** Finds the login that is kept for all programs under the name of a secret that this one may have. */
  findLogin: FindLogin;
  /** Hides further texts in everything that the conversation shows. */
  hide(values: readonly string[]): void;
  /** For logs. */
  conversationId: string;
}
