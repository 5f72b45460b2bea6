import type { Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { readDateTime } from "../../wire/datetime.ts";
import { defusedLine } from "../skills/defused.ts";
import { availableSkills, INVOKE_SKILL, memoryContext, repositoryContext } from "./skill-sections.ts";
import { familyOf, sections } from "./static-prompt.ts";

/** A secret as a prompt names it. */
export interface SecretInfo {
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
  /** Notes of former conversations, if the agent has a memory with something in it. */
  memory?: string | undefined;
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
  const { agent, tools, workingDir, memory } = options;
  const context = agent.agent_context;
  const skills = context?.skills ?? [];
  const parts = [
    sections([
      ["WORKSPACE", `You work in ${workingDir}. Commands start there.`],
      ["REPO_CONTEXT", repositoryContext(skills, familyOf(agent).family)],
      ["MEMORY_CONTEXT", memoryContext(memory)],
      ["SKILLS", availableSkills(skills, tools.names.includes(INVOKE_SKILL))],
    ]),
    context?.system_message_suffix?.trim() ?? "",
    sections([
      ["CUSTOM_SECRETS", secretList(options)],
      ["CURRENT_DATETIME", currentTime(options)],
    ]),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function secretList({ agent, secrets }: DynamicContextOptions): string | null {
  const infos = new Map<string, string | null>();
  for (const [name, source] of Object.entries(agent.agent_context?.secrets ?? {})) {
    infos.set(name, typeof source === "string" ? null : source.description);
  }
  for (const { name, description } of secrets) infos.set(name, description);
  if (infos.size === 0) return null;
  const lines = [...infos].map(
    ([name, description]) =>
      `* **$${defusedLine(name)}**${description ? ` - ${defusedLine(description)}` : ""}`,
  );
  return `${SECRETS}\n\n${lines.join("\n")}`;
}

/** The sentence about the time; null for an agent whose context has null. */
export function currentTime({
  agent: { agent_context: context },
  now,
}: Pick<DynamicContextOptions, "agent" | "now">): string | null {
  const given = context === null ? localTime(now) : context.current_datetime;
  return given ? `The current date and time is: ${toMinute(given)}` : null;
}

/** A moment as a clock in its zone shows it, to the minute. Other words stay. */
function toMinute(given: string): string {
  const moment = /^\d{4}-/.test(given.trim()) ? readDateTime(given) : undefined;
  return moment === undefined ? given : new Date(moment.wall / 1_000).toISOString().slice(0, 16);
}

/** A time to the minute, in the server's time zone. */
function localTime(now: number): string {
  return new Date(now - new Date(now).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
