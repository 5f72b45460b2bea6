import { isObject } from "../../is-object.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { type AgentSettings, agentSettings } from "../../wire/settings/agent/agent-settings.ts";
import { mergePatch } from "./merge.ts";
import { openSent } from "./open-sent.ts";

/**
 * Applies a merge patch to an agent's settings. With another `agent_kind` it is applied to the defaults of that kind,
 * so that nothing of the former agent stays. Undefined when the result is not valid.
 *
 * @throws AgentServerError `unprocessable` for a token that no key opens.
 */
export function patchAgentSettings(
  settings: AgentSettings,
  patch: Readonly<Record<string, unknown>>,
  cipher: Cipher | undefined,
): AgentSettings | undefined {
  // The old name of a kind is not another kind.
  const kind = patch.agent_kind === "llm" ? "openhands" : patch.agent_kind;
  const isOther = Boolean(kind) && kind !== settings.agent_kind;
  const former = isOther ? {} : settings;
  const merged = mergePatch(former, patch);
  return agentSettings.safeParse(openSent(merged, { cipher, former, field: "agent_settings_diff" })).data;
}

/** Whether a patch sets the model of an agent. */
export function patchesModel(patch: unknown): boolean {
  return isObject(patch) && Object.hasOwn(patch, "llm");
}
