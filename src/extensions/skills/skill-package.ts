import { isObject } from "../../is-object.ts";
import type { Skill } from "../../wire/agent/skill.ts";
import { joinPath } from "../../workspace/paths.ts";
import type { DirectoryEntry } from "../../workspace/workspace-files.ts";
import { type ExtensionPlace, entriesOf, readText, tellOfBound } from "../place.ts";

/** The parts of a skill that lie next to its SKILL.md. */
export type SkillPackage = Pick<Skill, "resources"> & { mcp_tools: unknown };

const RESOURCES = ["scripts", "references", "assets"] as const;
const MAX_FILES = 1_000;
const MAX_DEPTH = 8;

/**
 * Reads what lies next to a SKILL.md: the names of its resources, and its MCP servers. In these only `${SKILL_ROOT}` is
 * replaced: a skill must not read variables of the server.
 *
 * @throws Error for an `.mcp.json` that cannot be read
 */
export async function skillPackage(
  place: ExtensionPlace,
  folder: string,
  entries: readonly DirectoryEntry[],
): Promise<SkillPackage> {
  const has = (wanted: string, wantedType: string) =>
    entries.some(({ name, type }) => name === wanted && type === wantedType);
  const lists = await Promise.all(
    RESOURCES.map(async (name) =>
      has(name, "directory") ? await filesBelow(place, joinPath(folder, name)) : [],
    ),
  );
  const [scripts = [], references = [], assets = []] = lists;
  const isEmpty = lists.every(({ length }) => length === 0);
  return {
    resources: isEmpty ? null : { skill_root: await realFolder(place, folder), scripts, references, assets },
    mcp_tools: has(".mcp.json", "file") ? await serversIn(place, folder) : null,
  };
}

/** Paths of the files below a folder, from there. Folders behind links are not entered: they may lead back up. */
async function filesBelow(place: ExtensionPlace, folder: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (below: string, depth: number): Promise<void> => {
    for (const { name, type, isLink } of await entriesOf(place, joinPath(folder, below))) {
      const path = below === "" ? name : `${below}/${name}`;
      if (files.length >= MAX_FILES) return;
      if (type === "file") files.push(path);
      if (type === "directory" && !isLink && depth < MAX_DEPTH) await walk(path, depth + 1);
    }
  };
  await walk("", 1);
  if (files.length >= MAX_FILES) tellOfBound(place, folder, `${MAX_FILES} files of a skill`);
  return files.sort();
}

async function serversIn(place: ExtensionPlace, folder: string): Promise<unknown> {
  const text = await readText(place, joinPath(folder, ".mcp.json"));
  if (text === null) throw new Error(".mcp.json cannot be read, or is larger than 1 MiB");
  const root = JSON.stringify(await realFolder(place, folder)).slice(1, -1);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the file
  const config: unknown = JSON.parse(text.replaceAll("${SKILL_ROOT}", () => root));
  if (!isObject(config)) throw new Error(".mcp.json is no object");
  return config.mcpServers ?? {};
}

function realFolder({ workspace }: ExtensionPlace, folder: string): Promise<string> {
  return workspace.files.realPath(folder);
}
