import { AgentServerError, messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { isAbsolutePath, joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";

const BUILT_IN_POLICY = "security_policy.j2";
const PRESETS = ["system_prompt.j2", "system_prompt_planning.j2"];

/** Bytes of a policy file: all of it goes into every prompt. */
const MAX_POLICY_BYTES = 64 * 1024;

/**
 * Reads the file that `security_policy_filename` names; relative paths lie below the working directory. undefined for
 * the built-in policy and for none. Rejects with `unprocessable` when the file cannot be read as UTF-8: an agent must
 * not work under another policy than it was given.
 */
export async function readSecurityPolicy(
  agent: Agent,
  openWorkspace: () => Promise<Workspace>,
): Promise<string | undefined> {
  const { security_policy_filename: name } = agent;
  if (!name || name === BUILT_IN_POLICY || agent.system_prompt !== null) return undefined;
  const { files, info } = await openWorkspace();
  try {
    const path = isAbsolutePath(name) ? name : joinPath(info.workingDir, name);
    const bytes = await files.read(path, { maxBytes: MAX_POLICY_BYTES });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AgentServerError("unprocessable", `security_policy_filename: ${messageOf(cause)}`, { cause });
  }
}

/** Warns of a named prompt template: templates of the reference are Python's, and are replaced by the default prompt. */
export function warnOfTemplate(agent: Agent, logger: Logger): void {
  const { system_prompt_filename: name, system_prompt: own } = agent;
  if (own !== null || PRESETS.includes(name)) return;
  logger.warn(
    { system_prompt_filename: name, known: PRESETS },
    "Prompt templates are not read; the agent gets the default prompt. Use system_prompt for a text of your own",
  );
}
