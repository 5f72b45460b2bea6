import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { availableSkills, INVOKE_SKILL, repositoryContext } from "./skill-sections.ts";
import { familyOf, sections } from "./static-prompt.ts";

interface SecretInfo {
  name: string;
  description: string | null;
}

export interface DynamicContextOptions {
  agent: Agent;
  tools: Pick<Toolbox, "names">;
  /** Secrets of the conversation. They win over those of the agent's context with the same name. */
  secrets: readonly SecretInfo[];
  /** Milliseconds since 1970. */
  now: number;
  /** Absolute path the agent works in. */
  workingDir: string;
}

const SECRETS = `These secrets are set up for you. When a terminal command contains the name of one, its value is put into the
environment of that command under that name: write \`$NAME\` where the value belongs, for example
\`curl -H "Authorization: Bearer $API_KEY" …\`.
* Values are shown as \`<secret-hidden>\` in output. Do not print them, encode them or write them to files.
* Values may be renewed while you work. If one is refused, use it once more in a new command; if it is refused again, tell
  the user.`;

/**
 * Builds the part of the prompt that differs between conversations. What changes most is last, for caches of
 * providers.
 */
export function dynamicContext(options: DynamicContextOptions): string {
  const { agent, tools, workingDir } = options;
  const context = agent.agent_context;
  const skills = (context?.skills ?? []).filter((skill) => !context?.disabled_skills.includes(skill.name));
  const parts = [
    sections([
      ["WORKSPACE", `You work in ${workingDir}. Commands start there.`],
      ["REPO_CONTEXT", repositoryContext(skills, familyOf(agent).family)],
      ["SKILLS", tools.names.includes(INVOKE_SKILL) ? availableSkills(skills) : null],
    ]),
    context?.system_message_suffix ?? "",
    sections([
      ["CUSTOM_SECRETS", secretList(options)],
      [
        "CURRENT_DATETIME",
        `The current date and time is ${context?.current_datetime ?? localTime(options.now)}`,
      ],
    ]),
  ];
  return parts.filter((part) => part.trim() !== "").join("\n\n");
}

function secretList({ agent, secrets }: DynamicContextOptions): string | null {
  const infos = new Map<string, string | null>();
  for (const [name, source] of Object.entries(agent.agent_context?.secrets ?? {})) {
    infos.set(name, typeof source === "string" ? null : source.description);
  }
  for (const { name, description } of secrets) infos.set(name, description);
  if (infos.size === 0) return null;
  const lines = [...infos].map(([name, description]) => `* $${name}${description ? `: ${description}` : ""}`);
  return `${SECRETS}\n\n${lines.join("\n")}`;
}

/** Formats a time to the minute, in the server's time zone. */
function localTime(now: number): string {
  const date = new Date(now);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
