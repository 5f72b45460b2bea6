import { AgentServerError, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Agent } from "../../wire/agent/agent.ts";

const BUILT_IN_POLICY = "security_policy.j2";
const PRESETS = ["system_prompt.j2", "system_prompt_planning.j2"];

/** Reads a text file; relative paths lie below the folder the agent works in. */
export type ReadText = (path: string, workingDir: string) => Promise<string>;

/**
 * The text of the file that `security_policy_filename` names; undefined for the built-in policy and for none.
 * Rejects with `unprocessable` when it cannot be read: an agent must not work under another policy than it was given.
 */
export async function readSecurityPolicy(
  agent: Agent,
  workingDir: string,
  readText: ReadText,
): Promise<string | undefined> {
  const { security_policy_filename: path } = agent;
  if (!path || path === BUILT_IN_POLICY || agent.system_prompt !== null) return undefined;
  try {
    return await readText(path, workingDir);
  } catch (cause) {
    throw new AgentServerError("unprocessable", `security_policy_filename: ${messageOf(cause)}`, { cause });
  }
}

/** Templates of the reference are Python's; this server has prompts of its own in their place. */
export function warnOfTemplate(agent: Agent, logger: Logger): void {
  const { system_prompt_filename: name, system_prompt: own } = agent;
  if (own !== null || PRESETS.includes(name)) return;
  logger.warn(
    { system_prompt_filename: name, known: PRESETS },
    "Prompt templates are not read; the agent gets the default prompt. Use system_prompt for a text of your own",
  );
}
