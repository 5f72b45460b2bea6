import type { McpServer } from "../../wire/agent/mcp-server.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { type RemoteAccess, remoteTransport } from "./remote-transport.ts";
import type { ServerTransport } from "./server-transport.ts";
import { StdioTransport } from "./stdio-transport.ts";

export interface TransportParts {
  workspace: Workspace;
  remote: RemoteAccess;
}

/** Makes the way to a server: a program on the machine of the conversation, or a URL. */
export async function openTransport(
  server: McpServer,
  { workspace, remote }: TransportParts,
): Promise<ServerTransport> {
  const { command, args = [], env = {}, cwd, url } = server;
  const isProgram = server.transport === "stdio" || (server.transport === undefined && command !== undefined);
  if (isProgram && command !== undefined) {
    const { workingDir } = workspace.info;
    const folder = cwd === undefined || cwd.startsWith("/") ? cwd : joinPath(workingDir, cwd);
    return new StdioTransport(workspace, { command, args, env, cwd: folder });
  }
  if (url === undefined) throw new Error("it has neither a command nor a URL");
  return remoteTransport({ ...server, url }, remote);
}
