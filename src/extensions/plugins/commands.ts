import { type Skill, skill } from "../../wire/agent/skill.ts";
import { joinPath } from "../../workspace/paths.ts";
import { parseFrontMatter } from "../front-matter.ts";
import { type ExtensionPlace, orSkip, readText } from "../place.ts";
import { markdownFilesOf } from "./markdown-files.ts";
import type { PluginCommand } from "./plugin.ts";

/** Reads the slash commands of a plugin, each of which a message with `/plugin:command` calls for. */
export async function readCommands(
  place: ExtensionPlace,
  folder: string,
  plugin: string,
): Promise<PluginCommand[]> {
  const commands: PluginCommand[] = [];
  for (const file of await markdownFilesOf(place, folder)) {
    const path = joinPath(folder, file);
    const name = file.replace(/\.md$/i, "");
    const one = await orSkip(place, path, async () => {
      const text = await readText(place, path);
      if (text === null) throw new Error("it is missing, larger than 1 MiB, or leads to a file elsewhere");
      return toSkill(text, { path, name, plugin });
    });
    if (one !== null) commands.push({ name, skill: one });
  }
  return commands;
}

async function toSkill(
  text: string,
  { path, name, plugin }: { path: string; name: string; plugin: string },
): Promise<Skill> {
  const { fields, content } = await parseFrontMatter(text);
  const description = fields.description == null ? "" : String(fields.description);
  const hint = fields["argument-hint"] ?? fields.argumentHint;
  const tools = fields["allowed-tools"] ?? fields.allowedTools;
  const parts = [
    ...(description === "" ? [] : [`## ${name}\n\n${description}\n`]),
    ...(hint == null ? [] : [`**Arguments**: \`$ARGUMENTS\` - ${textOf(hint)}\n`]),
    ...(content === "" ? [] : [`\n${content}`]),
  ];
  const allowed = Array.isArray(tools) ? tools.map(String) : typeof tools === "string" ? [tools] : [];
  return skill.parse({
    name: `${plugin}:${name}`,
    content: parts.join("\n").trim(),
    description: description || `Command ${name} from ${plugin}`,
    trigger: { type: "keyword", keywords: [`/${plugin}:${name}`] },
    source: path,
    allowed_tools: allowed.length > 0 ? allowed : null,
  });
}

function textOf(hint: unknown): string {
  return Array.isArray(hint) ? hint.map(String).join(" ") : String(hint);
}
