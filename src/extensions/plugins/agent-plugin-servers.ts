import { messageOf } from "../../errors.ts";
import type { McpServer } from "../../wire/agent/mcp-server.ts";
import {
  type AgentPluginServer,
  agentPluginServer,
  agentPluginServers,
} from "../../wire/extensions/plugin-manifest.ts";
import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import { shortDigest } from "../checkout/checkout-cache.ts";
import { repositoryName } from "../checkout/source.ts";
import { type ExtensionPlace, orSkip, readText } from "../place.ts";
import type { PluginServer } from "./plugin.ts";
import { remoteHeaders, remoteUrl } from "./remote-server.ts";

/** The folders that the servers of a plugin may name. */
interface PluginFolders {
  /** The plugin itself, by its real path. */
  root: string;
  /** Where its servers keep their data: one folder for each place that a plugin lies in. */
  data: string;
}

/**
 * Reads the MCP servers of a plugin in the format Agent Plugins 1.0.0. A faulty document has none, a faulty server
 * costs itself; both are logged.
 */
export async function agentPluginMcp(
  place: ExtensionPlace,
  root: string,
): Promise<Record<string, PluginServer>> {
  const path = joinPath(root, "mcp.json");
  const text = await readText(place, path);
  if (text === null) return {};
  const document = await orSkip(place, path, async () => agentPluginServers().parse(JSON.parse(text)));
  const folders = { root, data: await dataFolder(place, root) };
  const servers: Record<string, PluginServer> = {};
  for (const [name, entry] of Object.entries(document?.mcpServers ?? {})) {
    try {
      servers[name] = { server: await readServer(place, entry, folders), isLiteral: true };
    } catch (error) {
      place.logger.warn(
        { path, server: name, error: messageOf(error) },
        "an MCP server of a plugin is left out",
      );
    }
  }
  return servers;
}

async function readServer(place: ExtensionPlace, entry: unknown, folders: PluginFolders): Promise<McpServer> {
  const server = agentPluginServer().parse(entry);
  switch (server.type) {
    case "stdio":
      return stdioServer(place, server, folders);
    case "streamable-http": {
      const headers = remoteHeaders(server.headers ?? {});
      return {
        transport: "streamable-http",
        url: remoteUrl(server.url),
        ...(Object.keys(headers).length > 0 && { headers }),
        enabled: true,
      };
    }
    case "sse":
      throw new Error("the transport sse is not used");
  }
}

async function stdioServer(
  place: ExtensionPlace,
  { command, args, env, cwd }: Extract<AgentPluginServer, { type: "stdio" }>,
  folders: PluginFolders,
): Promise<McpServer> {
  const { root, data } = folders;
  const filled = Object.entries(env).map(([name, value]) => [name, fill(value, folders)]);
  return {
    transport: "stdio",
    command: await commandPath(place, command, root),
    ...(args.length > 0 && { args: args.map((value) => fill(value, folders)) }),
    env: { ...Object.fromEntries(filled), PLUGIN_ROOT: root, PLUGIN_DATA: data },
    cwd: cwd === undefined ? root : await workingFolder(place, cwd, folders),
    enabled: true,
  };
}

/** In one pass: a path that has such a text in its name is not replaced again. */
function fill(text: string, { root, data }: PluginFolders): string {
  return text.replaceAll(/\$\{PLUGIN_(ROOT|DATA)\}/g, (_, name: string) => (name === "ROOT" ? root : data));
}

async function commandPath(place: ExtensionPlace, command: string, root: string): Promise<string> {
  if (command.startsWith("./")) return contained(place, joinPath(root, command.slice(2)), root);
  if (!/[/\\]/.test(command)) return command;
  throw new Error(`the command ${command} is neither the name of a program nor a path that begins with ./`);
}

async function workingFolder(place: ExtensionPlace, cwd: string, folders: PluginFolders): Promise<string> {
  const { root, data } = folders;
  if (cwd.startsWith("./")) return contained(place, joinPath(root, fill(cwd.slice(2), folders)), root);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
  return contained(place, fill(cwd, folders), cwd.startsWith("${PLUGIN_DATA}") ? data : root);
}

async function contained({ workspace }: ExtensionPlace, path: string, folder: string): Promise<string> {
  const [real, realFolder] = await Promise.all([
    workspace.files.realPath(joinPath(path)),
    workspace.files.realPath(folder),
  ]);
  if (isWithin(realFolder, real)) return real;
  throw new Error(`${path} leads out of ${folder}`);
}

/** By the path of the plugin and not by its name: another plugin of that name must not have its data. */
async function dataFolder({ userDir }: ExtensionPlace, root: string): Promise<string> {
  return joinPath(userDir, "plugin-data", `${repositoryName(root)}-${await shortDigest(root)}`);
}
