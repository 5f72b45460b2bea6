import { isObject } from "../is-object.ts";
import type { AcpModel } from "./session/session-models.ts";

/** Keys of `agent_state` that an agent of another program has. Their names are known to clients. */
export interface AcpState {
  acp_agent_name?: string;
  acp_agent_version?: string;
  acp_session_id?: string;
  acp_session_cwd?: string;
  /** Whether the session is that of the conversation which this one was forked from. */
  acp_session_is_shared?: boolean;
  /** Secrets whose place was bound to the conversation: it does not begin a session without that. */
  acp_bound_logins?: string[];
  acp_supports_runtime_model_switch?: boolean;
  acp_model_via_config_option?: boolean;
  acp_current_model_id?: string;
  acp_available_models?: AcpModel[];
  /** Whether the program has the text that stands for a system prompt. */
  acp_suffix_installed?: boolean;
  /** The message that the program has answered last. */
  acp_last_prompt_user_message_id?: string;
  /** The message that the program has been sent and has not answered. */
  acp_inflight_prompt_user_message_id?: string;
}

type AgentState = Readonly<Record<string, unknown>>;

/** Reads the state. What has another form counts as absent. */
export function readAcpState(state: AgentState): AcpState {
  const { acp_available_models: models, acp_bound_logins: bound, ...fields } = state;
  const known = Object.entries(fields).filter(([key, value]) => typeof value === FORMS[key]);
  return {
    ...Object.fromEntries(known),
    ...(Array.isArray(bound) && { acp_bound_logins: bound.filter((name) => typeof name === "string") }),
    ...(Array.isArray(models) && { acp_available_models: models.filter(isModel) }),
  };
}

/** The state with other values. undefined takes a key out; what others have put there stays. */
export function withAcpState(
  state: AgentState,
  changes: { [Key in keyof AcpState]: AcpState[Key] | undefined },
): Record<string, unknown> {
  const entries = Object.entries({ ...state, ...changes }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

const FORMS: Readonly<Record<string, string>> = {
  acp_agent_name: "string",
  acp_agent_version: "string",
  acp_session_id: "string",
  acp_session_cwd: "string",
  acp_session_is_shared: "boolean",
  acp_supports_runtime_model_switch: "boolean",
  acp_model_via_config_option: "boolean",
  acp_current_model_id: "string",
  acp_suffix_installed: "boolean",
  acp_last_prompt_user_message_id: "string",
  acp_inflight_prompt_user_message_id: "string",
};

function isModel(value: unknown): value is AcpModel {
  return isObject(value) && typeof value.model_id === "string";
}
