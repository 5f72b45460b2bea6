import { isObject } from "../../is-object.ts";
import type { PluginInfo } from "../../wire/extensions/plugins.ts";
import { joinPath, nameOf } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import { parseFrontMatter } from "../front-matter.ts";
import { type ExtensionPlace, entriesOf, orSkip, readText } from "../place.ts";
import { isSkillFile, readSkill } from "../skills/read-skill.ts";

const MAX_FILES = 2_000;
/** Files of a plugin in its own folder, and where it keeps what is for this kind of agent. */
const AGENT_PLUGINS = { manifest: "plugin.json", commands: "dev.openhands/commands" };
const CLAUDE_MANIFESTS = [".plugin/plugin.json", ".claude-plugin/plugin.json"];

interface Manifest {
  name: string;
  version: string;
  description: string;
}

/**
 * Reads what a plugin has, in either of its two formats.
 *
 * @throws Error for a manifest that cannot be read
 */
export async function readPlugin(place: ExtensionPlace, folder: string): Promise<PluginInfo> {
  const root = await readText(place, joinPath(folder, AGENT_PLUGINS.manifest));
  const isStandard = root !== null && isAgentPlugin(root);
  const manifest = isStandard ? parseManifest(root) : await claudeManifest(place, folder);
  const commands = isStandard ? AGENT_PLUGINS.commands : "commands";
  return {
    ...manifest,
    path: folder,
    skills: [
      ...(await skillsOf(place, folder)),
      ...(await commandsOf(place, folder, { name: manifest.name, commands })),
    ],
    files: await filesOf(place, folder),
  };
}

function isAgentPlugin(text: string): boolean {
  try {
    const manifest: unknown = JSON.parse(text);
    return !isObject(manifest) || "$schema" in manifest;
  } catch {
    return true;
  }
}

function parseManifest(text: string): Manifest {
  const manifest: unknown = JSON.parse(text);
  if (!isObject(manifest) || typeof manifest.name !== "string") throw new Error("the manifest has no name");
  const { name, version, description } = manifest;
  return { name, version: String(version ?? "1.0.0"), description: String(description ?? "") };
}

async function claudeManifest(place: ExtensionPlace, folder: string): Promise<Manifest> {
  for (const path of CLAUDE_MANIFESTS) {
    const text = await readText(place, joinPath(folder, path));
    if (text !== null) return parseManifest(text);
  }
  const name = nameOf(folder);
  return { name, version: "1.0.0", description: `Plugin loaded from ${name}` };
}

type Summary = PluginInfo["skills"][number];

async function skillsOf(place: ExtensionPlace, folder: string): Promise<Summary[]> {
  const skills = joinPath(folder, "skills");
  const found: Summary[] = [];
  for (const { name, type } of await entriesOf(place, skills)) {
    const path =
      type === "directory" ? await skillFile(place, joinPath(skills, name)) : joinPath(skills, name);
    if (path === null || !path.endsWith(".md") || name.toLowerCase() === "readme.md") continue;
    const text = (await isInside(place, folder, path)) ? await readText(place, path) : null;
    if (text === null) continue;
    const one = await orSkip(place, path, () => readSkill(text, { path, name: name.replace(/\.md$/, "") }));
    if (one !== null) found.push({ name: one.name, description: one.description });
  }
  return found;
}

async function skillFile(place: ExtensionPlace, folder: string): Promise<string | null> {
  const own = (await entriesOf(place, folder)).find(({ name, type }) => type === "file" && isSkillFile(name));
  return own === undefined ? null : joinPath(folder, own.name);
}

async function commandsOf(
  place: ExtensionPlace,
  folder: string,
  plugin: { name: string; commands: string },
): Promise<Summary[]> {
  const commands = joinPath(folder, plugin.commands);
  const found: Summary[] = [];
  for (const { name, type } of await entriesOf(place, commands)) {
    const path = joinPath(commands, name);
    if (type !== "file" || !name.endsWith(".md") || name.toLowerCase() === "readme.md") continue;
    const text = (await isInside(place, folder, path)) ? await readText(place, path) : null;
    if (text === null) continue;
    const parts = await orSkip(place, path, () => parseFrontMatter(text));
    if (parts === null) continue;
    const { description } = parts.fields;
    const command = name.replace(/\.md$/, "");
    found.push({
      name: `${plugin.name}:${command}`,
      description: description == null ? `Command ${command}` : String(description),
    });
  }
  return found;
}

/** A link must not show a file of the machine as part of a plugin. */
async function isInside({ workspace }: ExtensionPlace, folder: string, path: string): Promise<boolean> {
  const real = await workspace.files.realPath(folder);
  return isWithin(real, await workspace.files.realPath(path));
}

async function filesOf(place: ExtensionPlace, folder: string): Promise<string[]> {
  const files: string[] = [];
  const left = [""];
  for (let below = left.shift(); below !== undefined && files.length < MAX_FILES; below = left.shift()) {
    for (const { name, type, isLink } of await entriesOf(place, joinPath(folder, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (type !== "directory") files.push(path);
      else if (!isLink && name !== ".git" && left.length < MAX_FILES) left.push(path);
    }
  }
  return files.sort().slice(0, MAX_FILES);
}
