import { z } from "zod";
import type { Skill } from "../../wire/agent/skill.ts";
import { isAbsolutePath, parentOf } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { builtInTool, type ToolResult } from "../define-tool.ts";
import { withCommandOutput } from "./inline-commands.ts";

const description = `Gives you the text of a skill.

Skills are listed under \`<available_skills>\` with their names; this tool is the way to read them. Their text may have \
current output of commands in it.`;

/** Names of skills that an error lists. */
const MAX_LISTED = 50;

/** Reads a skill to the agent that is not in the prompt as a whole. */
export const invokeSkillTool = builtInTool({
  name: "invoke_skill",
  description,
  input: z.object({ name: z.string().describe("Name of the skill.") }),
  params: z.strictObject({}),
  annotations: {
    title: "invoke_skill",
    readOnlyHint: true,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  wire: { tool: "InvokeSkillTool", action: "InvokeSkillAction", observation: "InvokeSkillObservation" },
  resources: ({ name }) => [`skill:${name.trim()}`],
  async run(input, { skills, workspace, signal }) {
    const name = input.name.trim();
    const all = skills();
    const skill = all.find((one) => one.name === name);
    if (skill === undefined) return refused(name, `There is no skill '${name}'. ${listed(all)}`);
    if (skill.disable_model_invocation) {
      return refused(name, `The skill '${name}' is not for you to call: it comes by itself when it applies.`);
    }
    const text = await withCommandOutput(skill.content, { workspace, signal });
    return { content: text + (await note(skill, workspace)), skill_name: name };
  },
});

function refused(name: string, reason: string): ToolResult {
  return { content: reason, is_error: true, skill_name: name };
}

function listed(skills: readonly Skill[]): string {
  const names = skills.filter((one) => !one.disable_model_invocation).map(({ name }) => name);
  if (names.length === 0) return "You have none.";
  const more = names.length > MAX_LISTED ? `, and ${names.length - MAX_LISTED} more` : "";
  return `You have: ${names.sort().slice(0, MAX_LISTED).join(", ")}${more}.`;
}

/** Says where the other files of a skill are, if the agent's machine has it. Within its folder the path is relative. */
async function note({ source }: Skill, { files, info }: Workspace): Promise<string> {
  if (source === null || !isAbsolutePath(source)) return "";
  const status = await files.stat(source).catch(() => null);
  if (status?.type !== "file") return "";
  const folder = parentOf(await files.realPath(source));
  const workingDir = await files.realPath(info.workingDir);
  const shown = isWithin(workingDir, folder) ? folder.slice(workingDir.length + 1) || "." : folder;
  return `\n\n---\nThis skill lies in \`${shown}\`. The paths in it (\`scripts/\`, \`references/\`, \`assets/\`) start there.`;
}
