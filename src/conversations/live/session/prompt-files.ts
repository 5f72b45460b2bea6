import type { SystemPromptOptions } from "../../../agent/system-prompt/system-prompt-event.ts";
import { AgentServerError, messageOf } from "../../../errors.ts";
import type { Agent } from "../../../wire/agent/agent.ts";
import { isAbsolutePath, joinPath } from "../../../workspace/paths.ts";
import type { Workspace } from "../../../workspace/workspace.ts";
import type { AgentFiles } from "../../launch/agent-files.ts";

const BUILT_IN_POLICY = "security_policy.j2";
const PRESETS = ["system_prompt.j2", "system_prompt_planning.j2"];

const MAX_NAME = 200;

/** Bytes of a policy file: all of it goes into every prompt. */
const MAX_POLICY_BYTES = 64 * 1024;

/** Texts of files that a system prompt has. */
export type PromptFiles = Pick<SystemPromptOptions, "securityPolicy" | "soul" | "memory">;

/**
 * Reads the texts of files that the system prompt of an agent has. Rejects as `readSecurityPolicy` and `checkTemplate`.
 */
export async function readPromptFiles(
  agent: Agent,
  openWorkspace: () => Promise<Workspace>,
  files: AgentFiles | undefined,
): Promise<PromptFiles> {
  checkTemplate(agent);
  return {
    securityPolicy: await readSecurityPolicy(agent, openWorkspace),
    soul: await files?.soul(),
    memory: await readMemory(agent, await openWorkspace(), files),
  };
}

/** Reads the notes of former conversations, if the agent is to have them. */
export async function readMemory(
  agent: Agent,
  workspace: Workspace,
  files: AgentFiles | undefined,
): Promise<string | undefined> {
  return agent.agent_context?.load_memory ? files?.memory(workspace) : undefined;
}

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

/**
 * Throws `unprocessable` for a prompt template of one's own. Such a template is a program in a language of Python's,
 * and with another prompt the agent would do other things than were meant.
 */
export function checkTemplate({ system_prompt_filename: name, system_prompt: own }: Agent): void {
  if (own !== null || PRESETS.includes(name)) return;
  throw new AgentServerError(
    "unprocessable",
    `agent.system_prompt_filename: asks for the template ${name.slice(0, MAX_NAME)}, but this server renders none. ` +
      `It has ${PRESETS.join(" and ")}; give a text of your own as system_prompt`,
  );
}
