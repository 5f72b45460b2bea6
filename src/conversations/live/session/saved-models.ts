import { AgentServerError } from "../../../errors.ts";
import type { Llm } from "../../../llm/llm.ts";
import type { OpenedModel, ProfiledModel, ToolModels } from "../../../tools/tool-models.ts";
import { type LlmConfig, type LlmConfigInput, parseLlmConfig } from "../../../wire/agent/llm-config.ts";
import type { MetaProfile } from "../../../wire/settings/meta-profile.ts";
import type { ProfileSource } from "../../launch/agent-profiles.ts";

export interface SavedModelsParts {
  profiles: ProfileSource | undefined;
  /** Makes a model whose use counts in the conversation. */
  createCounted(config: LlmConfigInput): Llm;
  /** Gives the agent another model. Rejects for an agent that keeps its own. */
  switchLlm(config: LlmConfig): Promise<void>;
  /** Rejects with `too_many_requests` beyond a final budget. */
  assertBudget(): Promise<void>;
  /** Names of the LLM profiles for descriptions. */
  listed: readonly string[];
}

/** The saved models of a server for the tools of a conversation. */
export class SavedModels implements ToolModels {
  readonly listed: readonly string[];
  readonly #parts: SavedModelsParts;

  constructor(parts: SavedModelsParts) {
    this.#parts = parts;
    this.listed = parts.listed;
  }

  async list(): Promise<readonly string[]> {
    return (await this.#parts.profiles?.modelNames()) ?? [];
  }

  async open(model: ProfiledModel, usageId: string): Promise<OpenedModel> {
    await this.#parts.assertBudget();
    const config = await this.#configOf(model);
    const llm = this.#parts.createCounted({ ...config, usage_id: usageId, stream: false });
    if (llm.sideCalls === false) {
      throw new AgentServerError("unprocessable", `the model ${config.model} answers its agent alone`);
    }
    return { llm, model: config.model, baseUrl: config.base_url };
  }

  async switchTo(model: ProfiledModel): Promise<string> {
    const config = await this.#configOf(model);
    await this.#parts.switchLlm({ ...config, usage_id: `profile:${model.profile}` });
    return config.model;
  }

  async rules(name: string | null): Promise<MetaProfile | null> {
    return (await this.#parts.profiles?.metaProfile(name)) ?? null;
  }

  async #configOf({ profile, config }: ProfiledModel): Promise<LlmConfig> {
    if (config !== undefined) return parseLlmConfig(config);
    const { profiles } = this.#parts;
    if (profiles === undefined) throw new AgentServerError("not_found", `LLM profile '${profile}' not found`);
    return profiles.model(profile);
  }
}
