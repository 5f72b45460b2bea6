import { withComplete } from "../../../llm/decorators/with-complete.ts";
import type { CompletionLog } from "../../../llm/decorators/with-completion-log.ts";
import type { Llm, LlmReply } from "../../../llm/llm.ts";
import { NO_OBSERVERS } from "../../../observing/observers.ts";
import type { SecretRegistry } from "../../../secrets/secret-registry.ts";
import { type LlmConfig, type LlmConfigInput, parseLlmConfig } from "../../../wire/agent/llm-config.ts";
import type { LiveContext } from "../conversation-context.ts";
import { maskedLlm } from "../masking/masked-llm.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { watchedModel } from "./watched-model.ts";

export interface SessionModelsParts {
  keeper: StateKeeper;
  secrets: SecretRegistry;
  /** Whether the key of the model was not kept. */
  isModelKeyLost: boolean;
  /** Id under which providers keep its prompts. Default: that of the conversation. */
  cacheId?: string | undefined;
  context: Pick<LiveContext, "createLlm" | "observers">;
}

/** The models of a conversation: that of its agent, and further ones. None is shown a secret value. */
export class SessionModels {
  readonly #parts: SessionModelsParts;
  /** The model that the conversation was opened with. */
  readonly #first: LlmConfig;
  #ofAgent: { config: LlmConfig; model: Llm } | null = null;

  constructor(parts: SessionModelsParts) {
    this.#parts = parts;
    this.#first = parts.keeper.state.agent.llm;
  }

  /** The model of the agent as it is now. */
  get ofAgent(): Llm {
    const config = this.#parts.keeper.state.agent.llm;
    if (this.#ofAgent?.config !== config) this.#ofAgent = { config, model: this.create(config) };
    return this.#ofAgent.model;
  }

  /** Makes a model whose calls are logged in the conversation if its configuration requests that. */
  create(config: LlmConfig): Llm {
    const { context, keeper, secrets, isModelKeyLost, cacheId } = this.#parts;
    const { id: conversationId, agent } = keeper.state;
    const llm = context.createLlm(config, {
      // Not awaited. A closed conversation refuses it.
      onCompletion: (log) => void this.#logCompletion(log).catch(() => {}),
      isKeyLost: isModelKeyLost && agent.llm === this.#first,
    });
    const ids = cacheId === undefined ? {} : { cacheId };
    const own = withComplete(llm, (request) => llm.complete({ conversationId, ...ids, ...request }));
    const { observers = NO_OBSERVERS } = context;
    return watchedModel(maskedLlm(own, secrets), { conversationId, config, secrets, observers });
  }

  /** Makes a further model. What its calls use counts under the `usage_id` of its configuration. */
  createCounted(input: LlmConfigInput): Llm {
    const config = parseLlmConfig(input);
    const llm = this.create(config);
    return withComplete(llm, async (request) => {
      const reply = await llm.complete(request);
      this.#record(config, reply);
      return reply;
    });
  }

  /**
   * Makes a model for calls that leave no event. What they use counts as that of `createCounted`; it is stored and
   * published before a reply is passed on.
   */
  createAside(config: LlmConfig): Llm {
    const llm = this.create(config);
    return withComplete(llm, async (request) => {
      const reply = await llm.complete(request);
      await this.#parts.keeper.recordAside(config, reply);
      return reply;
    });
  }

  /** Records what a reply of the agent's model has used. */
  recordReply(reply: LlmReply): void {
    // The agent may have another model by now.
    this.#record(this.#ofAgent?.config ?? this.#parts.keeper.state.agent.llm, reply);
  }

  #record(config: LlmConfig, reply: LlmReply): void {
    const { keeper } = this.#parts;
    const update = keeper.recordCall(config, reply);
    // Not awaited, so that it shares a commit with the events of the reply. If it fails, those are refused too.
    keeper.append([update]).catch(() => {});
  }

  /** Short values stay: they would match inside the image data that a prompt may have. */
  async #logCompletion(log: CompletionLog): Promise<void> {
    const mask = (await this.#parts.secrets.mask()).withoutShortValues;
    const masked = { ...log, log_data: await mask.maskLong(log.log_data) };
    await this.#parts.keeper.append([{ kind: "LLMCompletionLogEvent", source: "environment", ...masked }]);
  }
}
