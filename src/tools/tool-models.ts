import type { Llm } from "../llm/llm.ts";
import type { LlmConfigInput } from "../wire/agent/llm-config.ts";
import type { MetaProfile } from "../wire/settings/meta-profile.ts";

/** Names the agent's model among the things that calls touch: those that replace it run one after the other. */
export const AGENT_MODEL = "agent:model";

/** A saved model by the name of its LLM profile. */
export interface ProfiledModel {
  /** Name of the profile. */
  profile: string;
  /** The model under that name, where the caller has it. Default: it is read from the profile. */
  config?: LlmConfigInput | undefined;
}

/** A model that may be asked. */
export interface OpenedModel {
  /** The model, which hides secrets in its answers. */
  llm: Llm;
  /** Name of the model, such as `openai/gpt-5.6`. */
  model: string;
  /** Address of the model; null for that of its provider. */
  baseUrl: string | null;
}

/**
 * The saved models of a server, as the tools of one conversation use them: to ask one, and to give the agent another
 * one. Keys stay behind it, and secrets are hidden in every answer.
 */
export interface ToolModels {
  /** Names of the LLM profiles when the tools of the conversation were opened, for descriptions. */
  readonly listed: readonly string[];
  /** Names of the LLM profiles as they are now. Those that cannot be read are left out. */
  list(): Promise<readonly string[]>;
  /**
   * Opens a model for calls that are not the agent's. What they use counts in the stats of the conversation under
   * `usageId`, and so in its budgets. Calls that fail count nothing.
   *
   * @throws AgentServerError `not_found`; `bad_request` for a profile that cannot be read and a name that is none;
   * `unprocessable` for a provider connection that does not exist, and for a model that answers agents alone;
   * `too_many_requests` beyond a final budget
   */
  open(model: ProfiledModel, usageId: string): Promise<OpenedModel>;
  /**
   * Gives the agent a model, from its next call on. Its use counts under `profile:` and the name of the profile.
   * Resolves with the name of the model, once that is stored.
   *
   * @throws AgentServerError as `open`, but for budgets
   */
  switchTo(model: ProfiledModel): Promise<string>;
  /** The rules of a name by which a model is chosen, or with null the first ones by name. null without such. */
  rules(name: string | null): Promise<MetaProfile | null>;
}
