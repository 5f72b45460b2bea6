import type { McpServer } from "../../wire/agent/mcp-server.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { OAuthStateStore } from "../oauth/oauth-state.ts";
import type { RemoteAccess } from "./remote-access.ts";
import { remoteTransports } from "./remote-transport.ts";
import type { ServerTransport } from "./server-transport.ts";
import { StdioTransport } from "./stdio-transport.ts";

export interface TransportParts {
  workspace: Workspace;
  remote: RemoteAccess;
  /** Where the OAuth state of the server is kept. Default: in the settings, else in memory. */
  state?: OAuthStateStore;
}

/** Makes the ways to a server, one for each connection: a program on the machine of the conversation, or a URL. */
export async function transportsOf(
  server: McpServer,
  { workspace, remote, state }: TransportParts,
): Promise<() => Promise<ServerTransport>> {
  const { command, args = [], env = {}, cwd, url } = server;
  const isProgram = server.transport === "stdio" || (server.transport === undefined && command !== undefined);
  if (isProgram && command !== undefined) {
    const { workingDir } = workspace.info;
    const folder = cwd === undefined || cwd.startsWith("/") ? cwd : joinPath(workingDir, cwd);
    return async () => new StdioTransport(workspace, { command, args, env, cwd: folder });
  }
  if (url === undefined) throw new Error("it has neither a command nor a URL");
  return remoteTransports({ ...server, url }, remote, state);
}
