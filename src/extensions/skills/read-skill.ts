import { type Skill, skill } from "../../wire/agent/skill.ts";
import { nameOf } from "../../workspace/paths.ts";
import { parseFrontMatter } from "../front-matter.ts";
import type { SkillPackage } from "./skill-package.ts";

/** Files of other agents at the top of a project, by their name in lower case, with the name of their skill. */
export const THIRD_PARTY_NAMES: Readonly<Record<string, string>> = {
  ".cursorrules": "cursorrules",
  "agents.md": "agents",
  "agent.md": "agents",
  "claude.md": "claude",
  "gemini.md": "gemini",
};

const SKILL_NAME = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const MAX_NAME = 64;

/** Whether a file is the one of an AgentSkills folder. */
export function isSkillFile(path: string): boolean {
  return nameOf(path).toLowerCase() === "skill.md";
}

/** The place of a skill's file, and what lies in its folder. */
export interface SkillOrigin {
  path: string;
  /** The name that its place gives it; the file's own wins. */
  name: string;
  /** Of a SKILL.md. */
  parts?: SkillPackage | undefined;
  /** Whether a SKILL.md may have another name than its folder, as in plugins. Default: false. */
  isNamedFreely?: boolean | undefined;
}

/**
 * Makes a skill of a Markdown file.
 *
 * @throws Error that says what is wrong with the file
 */
export async function readSkill(
  file: string,
  { path, name, parts, isNamedFreely = false }: SkillOrigin,
): Promise<Skill> {
  const thirdParty = THIRD_PARTY_NAMES[nameOf(path).toLowerCase()];
  if (thirdParty !== undefined) return skill.parse({ name: thirdParty, content: file, source: path });
  const { fields, content } = await parseFrontMatter(file);
  const ownName = fields.name === undefined ? name : String(fields.name);
  const isStandard = isSkillFile(path);
  if (isStandard && !isNamedFreely) refuseName(ownName, name);
  return skill.parse({
    name: ownName,
    content,
    source: path,
    is_agentskills_format: isStandard,
    // Loose files name their servers themselves.
    ...(isStandard ? parts : { mcp_tools: fields.mcp_tools }),
    ...standardFields(fields),
    ...conditionOf(ownName, fields),
  });
}

/** A rule that applies to one folder of a project, from the file of another agent that lies there. */
export function folderRule(file: string, path: string, folder: string): Skill {
  const name = THIRD_PARTY_NAMES[nameOf(path).toLowerCase()] ?? nameOf(path);
  return skill.parse({
    name: `${name}:${folder}`,
    content: file,
    source: path,
    trigger: { type: "path", paths: [`${folder}/**`] },
  });
}

function refuseName(name: string, folder: string): void {
  if (name.length > MAX_NAME || !SKILL_NAME.test(name)) {
    throw new Error(
      `the name ${JSON.stringify(name)} is not made of lower-case words with hyphens between them`,
    );
  }
  if (name !== folder) throw new Error(`the name ${name} is not that of its folder, ${folder}`);
}

function standardFields(fields: Record<string, unknown>): Record<string, unknown> {
  const all = {
    description: fields.description,
    license: fields.license,
    compatibility: fields.compatibility,
    metadata: fields.metadata,
    allowed_tools: fields["allowed-tools"] ?? fields.allowed_tools,
    disable_model_invocation: fields["disable-model-invocation"] ?? fields.disable_model_invocation,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null));
}

type Condition = Partial<Pick<Skill, "trigger">> & { inputs?: unknown };

/** The first of paths, inputs and words decides when a skill applies. */
function conditionOf(name: string, fields: Record<string, unknown>): Condition {
  const { triggers = [], inputs } = fields;
  if (!Array.isArray(triggers)) throw new Error("triggers must be a list of words");
  const words = triggers.map(String);
  const paths = pathsOf(fields.paths);
  if (paths.length > 0) return { trigger: { type: "path", paths } };
  if (inputs !== undefined) {
    if (!Array.isArray(inputs)) throw new Error("inputs must be a list");
    return { trigger: { type: "task", triggers: [...new Set([...words, `/${name}`])] }, inputs };
  }
  return words.length > 0 ? { trigger: { type: "keyword", keywords: words } } : {};
}

function pathsOf(paths: unknown): string[] {
  if (paths === undefined || paths === null) return [];
  const list = typeof paths === "string" ? paths.split(",") : paths;
  if (!Array.isArray(list)) throw new Error("paths must be a text or a list");
  return list.map((path) => String(path).trim()).filter((path) => path !== "");
}
