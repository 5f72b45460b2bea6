import { isObject } from "../../is-object.ts";
import { agentPluginManifest, claudePluginManifest } from "../../wire/extensions/plugin-manifest.ts";
import { joinPath } from "../../workspace/paths.ts";
import { type ExtensionPlace, entriesOf, readText } from "../place.ts";
import type { PluginFacts } from "./plugin.ts";

/** Manifests of the layout of Claude Code. The first one counts. */
const CLAUDE_FOLDERS = [".plugin", ".claude-plugin"];
const MANIFEST = "plugin.json";

/** The manifest of a plugin, and the layout that it says the plugin has. */
export interface FoundManifest extends PluginFacts {
  format: "agent-plugins" | "claude";
  /** The manifest as it is written. null when the plugin has none. */
  written: Record<string, unknown> | null;
}

/**
 * Reads the manifest of a plugin, in a place that ends at its folder. `name` is that of a plugin without a manifest.
 *
 * @throws Error that says what is wrong with it
 */
export async function readManifest(
  place: ExtensionPlace,
  { folder, name }: { folder: string; name: string },
): Promise<FoundManifest> {
  const root = await fileIn(place, folder);
  if (root !== null && isAgentPlugin(root.text)) return agentPlugin(place, root);
  for (const below of CLAUDE_FOLDERS) {
    const file = await fileIn(place, joinPath(folder, below));
    if (file !== null) return claudePlugin(file);
  }
  // Other programs have a manifest at the root, too, which says nothing here.
  const written = root === null ? null : (JSON.parse(root.text ?? "") as Record<string, unknown>);
  return { format: "claude", name, version: "1.0.0", description: `Plugin loaded from ${name}`, written };
}

interface ManifestFile {
  path: string;
  /** null for one that cannot be read: it is too large, or a link that leads out. */
  text: string | null;
}

/** null without one. A pipe or a folder is none. */
async function fileIn(place: ExtensionPlace, folder: string): Promise<ManifestFile | null> {
  const entry = (await entriesOf(place, folder)).find(({ name }) => name === MANIFEST);
  if (entry === undefined || (entry.type !== "file" && !entry.isLink)) return null;
  const path = joinPath(folder, MANIFEST);
  return { path, text: await readText(place, path) };
}

/** A broken one must be refused, not taken for a plugin without a manifest. */
function isAgentPlugin(text: string | null): boolean {
  if (text === null) return true;
  try {
    const manifest: unknown = JSON.parse(text);
    return !isObject(manifest) || "$schema" in manifest;
  } catch {
    return true;
  }
}

function agentPlugin({ logger }: ExtensionPlace, file: ManifestFile): FoundManifest {
  const { extensions, ...written } = parsed(file);
  const isUsable = isObject(extensions);
  if (extensions !== undefined && !isUsable)
    logger.warn({ path: file.path }, "a plugin's extensions are left out: they are no object");
  const fields = isUsable ? { ...written, extensions } : written;
  const unknown = Object.keys(written).filter((key) => !(key in agentPluginManifest().shape));
  if (unknown.length > 0)
    logger.warn({ path: file.path, fields: unknown }, "fields of a plugin's manifest are left out");
  const result = agentPluginManifest().safeParse(fields);
  if (!result.success) throw fault(file, result.error.issues);
  const { name, version = "1.0.0", description = "" } = result.data;
  return { format: "agent-plugins", name, version, description, written: parsed(file) };
}

function claudePlugin(file: ManifestFile): FoundManifest {
  const written = parsed(file);
  const result = claudePluginManifest().safeParse(written);
  if (!result.success) throw fault(file, result.error.issues);
  const { name, version, description } = result.data;
  return { format: "claude", name, version, description, written };
}

function parsed({ path, text }: ManifestFile): Record<string, unknown> {
  if (text === null)
    throw new Error(`${path} cannot be read, is larger than 1 MiB, or leads out of the plugin`);
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not valid JSON`, { cause: error });
  }
  if (!isObject(manifest)) throw new Error(`${path} is not a JSON object`);
  return manifest;
}

function fault({ path }: ManifestFile, issues: readonly { path: PropertyKey[]; message: string }[]): Error {
  const [first] = issues;
  const field = first?.path.map(String).join(".") || "the manifest";
  return new Error(`${path}: ${field}: ${first?.message ?? "is not valid"}`);
}
