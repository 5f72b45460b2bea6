import type { HookConfig } from "../../wire/agent/hook-config.ts";
import { hookConfig, momentsWithHooks } from "../../wire/agent/hook-config.ts";
import { joinPath, nameOf } from "../../workspace/paths.ts";
import { placeIn } from "../confined-place.ts";
import { type ExtensionPlace, orSkip, readText } from "../place.ts";
import { agentsOfFolder } from "../sub-agents.ts";
import { agentPluginMcp } from "./agent-plugin-servers.ts";
import { claudeServers } from "./claude-servers.ts";
import { readCommands } from "./commands.ts";
import { type FoundManifest, readManifest } from "./manifest.ts";
import type { Plugin } from "./plugin.ts";
import { readPluginSkills } from "./plugin-skills.ts";

/** The folder of an agent plugin for what its format does not know. */
const OWN_FOLDER = "dev.openhands";

/** A plugin with its manifest as it is written. */
export interface LoadedPlugin extends Plugin {
  /** null without one. */
  manifest: FoundManifest["written"];
}

/**
 * Reads a plugin in either of its two formats. Without a manifest it has the name of its folder, or `folderName`. Links
 * that lead out of its folder are not followed. A faulty skill, command, agent, hook file or server costs itself and is
 * logged.
 *
 * @throws Error for a manifest that is not valid, or a folder that is none
 */
export async function loadPlugin(
  place: ExtensionPlace,
  folder: string,
  folderName = nameOf(folder),
): Promise<LoadedPlugin> {
  const root = await place.workspace.files.realPath(folder);
  if ((await place.workspace.files.stat(root))?.type !== "directory")
    throw new Error(`${root} is not a folder`);
  const inside = await placeIn(place, root);
  const { format, written, name, version, description } = await readManifest(inside, {
    folder: root,
    name: folderName,
  });
  const isAgentPlugin = format === "agent-plugins";
  const parts = isAgentPlugin ? joinPath(root, OWN_FOLDER) : root;
  return {
    ...{ name, version, description },
    manifest: written,
    path: root,
    skills: await readPluginSkills(inside, root),
    commands: await readCommands(inside, joinPath(parts, "commands"), name),
    hooks: await readHooks(inside, joinPath(parts, "hooks", "hooks.json")),
    mcpServers: await (isAgentPlugin ? agentPluginMcp : claudeServers)(inside, root),
    agents: await agentsOfFolder(inside, joinPath(parts, "agents"), "plugin"),
  };
}

async function readHooks(place: ExtensionPlace, path: string): Promise<HookConfig | null> {
  const text = await readText(place, path);
  if (text === null) return null;
  const config = await orSkip(place, path, async () => hookConfig.parse(JSON.parse(text)));
  return config === null || momentsWithHooks(config).length === 0 ? null : config;
}
