import { isObject } from "../is-object.ts";
import { agentDefinition } from "../wire/agent/agent-definition.ts";
import type { SubAgentInfo } from "../wire/extensions/sub-agents.ts";
import { joinPath } from "../workspace/paths.ts";
import { parseFrontMatter } from "./front-matter.ts";
import {
  type ExtensionPlace,
  entriesOf,
  orSkip,
  projectFolders,
  projectRoots,
  readText,
  userFolders,
} from "./place.ts";
import { firstOfName } from "./skills/skill-folders.ts";

const PERMISSION_MODES: ReadonlySet<string> = new Set(["always_confirm", "never_confirm", "confirm_risky"]);
const KNOWN: ReadonlySet<string> = new Set([
  "name",
  "description",
  "model",
  "color",
  "tools",
  "skills",
  "max_iteration_per_run",
  "max_budget_per_run",
  "hooks",
  "profile_store_dir",
  "mcp_config",
  "mcp_servers",
  "permission_mode",
  "condenser",
]);

/** Where a sub-agent comes from. */
type AgentLevel = "project" | "user" | "plugin";

/** The sources to list. */
export interface SubAgentSources {
  /** null: no project. */
  projectDir: string | null;
  ofUser: boolean;
  /** Those that lie in no files. Default: none. */
  builtIn?: readonly SubAgentInfo[];
}

/** Lists sub-agents. Those of a project win over those of the user, and these over those that lie in no files. */
export async function listSubAgents(
  place: ExtensionPlace,
  { projectDir, ofUser, builtIn = [] }: SubAgentSources,
): Promise<SubAgentInfo[]> {
  const [project] = projectDir === null ? [] : await projectRoots(place, projectDir);
  const ofProject = project === undefined ? [] : projectFolders(project, "agents");
  const levels = [
    { level: "project", folders: ofProject },
    { level: "user", folders: ofUser ? userFolders(place, "agents") : [] },
  ] as const;
  const all: SubAgentInfo[] = [];
  for (const { level, folders } of levels) {
    for (const folder of folders) all.push(...(await agentsOfFolder(place, folder, level)));
  }
  return firstOfName([...all, ...builtIn]);
}

/** Reads the sub-agents of a folder, one in each Markdown file. A faulty one is logged and left out. */
export async function agentsOfFolder(
  place: ExtensionPlace,
  folder: string,
  level: AgentLevel,
): Promise<SubAgentInfo[]> {
  const agents: SubAgentInfo[] = [];
  for (const { name, type } of await entriesOf(place, folder)) {
    if (type !== "file" || !name.endsWith(".md") || name.toLowerCase() === "readme.md") continue;
    const path = joinPath(folder, name);
    const one = await orSkip(place, path, async () => {
      const text = await readText(place, path);
      if (text === null) throw new Error("it is missing or larger than 1 MiB");
      return readSubAgent(text, path, { name: name.replace(/\.md$/, ""), level });
    });
    if (one !== null) agents.push(one);
  }
  return agents;
}

async function readSubAgent(
  text: string,
  path: string,
  place: { name: string; level: AgentLevel },
): Promise<SubAgentInfo> {
  const { fields, content } = await parseFrontMatter(text);
  const description = String(fields.description ?? "");
  const definition = agentDefinition.parse({
    name: String(fields.name ?? place.name),
    description,
    model: String(fields.model ?? "inherit"),
    color: fields.color == null ? null : String(fields.color),
    tools: listOf(fields.tools, (one) => [one]),
    skills: listOf(fields.skills, (one) => one.split(",")),
    system_prompt: content,
    source: path,
    level: place.level,
    when_to_use_examples: examplesIn(description),
    hooks: isObject(fields.hooks) ? fields.hooks : null,
    permission_mode: permissionMode(fields.permission_mode),
    max_iteration_per_run: numberOf(fields.max_iteration_per_run),
    max_budget_per_run: numberOf(fields.max_budget_per_run),
    mcp_config: fields.mcp_config ?? fields.mcp_servers ?? null,
    profile_store_dir: fields.profile_store_dir ?? null,
    condenser: condenserOf(fields.condenser),
    metadata: Object.fromEntries(Object.entries(fields).filter(([key]) => !KNOWN.has(key))),
  });
  return { ...definition, mcp_servers: definition.mcp_config, is_builtin: false };
}

function listOf(value: unknown, split: (text: string) => string[]): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== "string") return [];
  return split(value)
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** Reads the tags one by one: a pattern of both would search the rest of the text for each that is never closed. */
function examplesIn(description: string): string[] {
  const examples: string[] = [];
  let from: number | null = null;
  for (const { 0: tag, index } of description.matchAll(/<\/?example>/gi)) {
    const isEnd = tag.startsWith("</");
    if (from !== null && isEnd) examples.push(description.slice(from, index).trim());
    if (from === null && !isEnd) from = index + tag.length;
    else if (isEnd) from = null;
  }
  return examples.filter((example) => example !== "");
}

function permissionMode(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const mode = String(value).trim().toLowerCase();
  if (PERMISSION_MODES.has(mode)) return mode;
  throw new Error(`permission_mode must be one of ${[...PERMISSION_MODES].join(", ")}`);
}

/** Files write numbers as text, too. */
function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return null;
  const number = Number(value);
  if (Number.isNaN(number)) throw new Error(`${JSON.stringify(value)} is not a number`);
  return number;
}

const DEFAULT_WORDS: ReadonlySet<string> = new Set(["", "default", "inherit"]);
const OFF_WORDS: ReadonlySet<string> = new Set(["none", "off", "false", "no", "disable", "disabled"]);

function condenserOf(value: unknown): unknown {
  if (value === undefined || value === null || value === true) return null;
  const word = String(value).trim().toLowerCase();
  if (DEFAULT_WORDS.has(word)) return null;
  return OFF_WORDS.has(word) ? { kind: "NoOpCondenser" } : value;
}
