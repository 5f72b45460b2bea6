import type { Agent } from "../../wire/agent/agent.ts";
import { defusedLine } from "../skills/defused.ts";
import { currentTime, type SecretInfo } from "./dynamic-context.ts";
import { availableSkills, memoryContext, repositoryContext } from "./skill-sections.ts";
import { familyOf, sections } from "./static-prompt.ts";

export interface AcpContextOptions {
  agent: Agent;
  /** Secrets that the program has among its variables. */
  secrets: readonly SecretInfo[];
  /** Milliseconds since 1970. */
  now: number;
  /** Notes of former conversations, if the agent has a memory with something in it. */
  memory?: string | undefined;
}

const SECRETS = `These secrets are set up for you: each is a variable of your environment, and of the commands that you run. Write
\`$NAME\` where the value belongs, for example \`curl -H "Authorization: Bearer $API_KEY" …\`. Do not print the values, encode
them or write them to files.`;

/**
 * The text that an agent of another program is sent with its first message, in place of the system prompt that it has
 * itself; undefined where there is nothing to say.
 */
export function acpContext({ agent, secrets, now, memory }: AcpContextOptions): string | undefined {
  const context = agent.agent_context;
  const skills = context?.skills ?? [];
  const parts = [
    sections([
      ["REPO_CONTEXT", repositoryContext(skills, familyOf(agent).family)],
      ["MEMORY_CONTEXT", memoryContext(memory)],
      ["SKILLS", availableSkills(skills, false)],
    ]),
    context?.system_message_suffix?.trim() ?? "",
    sections([
      ["CUSTOM_SECRETS", secretList(secrets)],
      ["CURRENT_DATETIME", context === null ? null : currentTime({ agent, now })],
    ]),
  ];
  const text = parts.filter((part) => part !== "").join("\n\n");
  return text === "" ? undefined : text;
}

function secretList(secrets: readonly SecretInfo[]): string | null {
  if (secrets.length === 0) return null;
  const lines = secrets.map(
    ({ name, description }) =>
      `* **$${defusedLine(name)}**${description ? ` - ${defusedLine(description)}` : ""}`,
  );
  return `${SECRETS}\n\n${lines.join("\n")}`;
}
