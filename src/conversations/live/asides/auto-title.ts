import { messageOf } from "../../../errors.ts";
import type { Logger } from "../../../logger.ts";
import { settledWithin } from "../../../waiting.ts";
import { ACP_MANAGED } from "../../../wire/agent/acp/acp-agent.ts";
import type { LlmConfig } from "../../../wire/agent/llm-config.ts";
import { type Content, textOf } from "../../../wire/events/message.ts";
import type { RunSession } from "../session/run-session.ts";
import type { StateKeeper } from "../state-keeper.ts";
import { askTitle, beginningOf, type TitleQuestion } from "./title-question.ts";

/** usage_id of title calls, so that their cost is not counted as the agent's. */
const USAGE_ID = "title";
/** Characters of a title, unless another length is requested. */
export const MAX_TITLE = 50;
/** Attempts at a title. The work of the agent is worth more. */
const MAX_ATTEMPTS = 2;
/** Milliseconds for all attempts. */
const ANSWER_WAIT = 60_000;
/** Milliseconds that closing waits for a title that is being stored. */
const CLOSE_WAIT = 1_000;

export interface AutoTitleOptions {
  keeper: StateKeeper;
  session: Pick<RunSession, "models">;
  logger: Logger;
  /** Reads the model that titles are asked of; undefined for that of the agent. */
  model: (() => Promise<LlmConfig>) | undefined;
  /** Rejects when there is no budget for a call. */
  assertBudget(): Promise<void>;
  /** Whether a title is wanted and missing. */
  isWanted: boolean;
  /** Words of the client that ask for the title, with `{conversation_content}` and `{max_length}`; null for our own. */
  request: string | null;
}

/**
 * Names a conversation after the user's first words, in the background and without an event. Where the model takes no
 * side calls or fails, or there is no budget for it, the title is the beginning of the message.
 */
export class AutoTitle {
  readonly #keeper: StateKeeper;
  readonly #session: Pick<RunSession, "models">;
  readonly #logger: Logger;
  readonly #model: AutoTitleOptions["model"];
  readonly #assertBudget: AutoTitleOptions["assertBudget"];
  readonly #abort = new AbortController();
  readonly #request: string | null;
  #isWanted: boolean;
  #work: Promise<void> | null = null;

  constructor({ keeper, session, logger, model, assertBudget, isWanted, request }: AutoTitleOptions) {
    this.#model = model;
    this.#assertBudget = assertBudget;
    this.#keeper = keeper;
    this.#session = session;
    this.#logger = logger;
    this.#isWanted = isWanted;
    this.#request = request;
  }

  /** Whether a title is being made. */
  get isActive(): boolean {
    return this.#work !== null;
  }

  /** Makes a title from a message, unless there is a title, one is being made, or the message has no words. */
  consider(content: readonly Content[]): void {
    const words = textOf(content, " ").trim();
    if (!this.#isWanted || this.#work !== null || words === "") return;
    this.#work = this.#name(words).finally(() => {
      this.#work = null;
    });
  }

  /** Drops a title that is being made: the user has named the conversation. */
  settle(): void {
    this.#isWanted = false;
    this.#abort.abort();
  }

  async close(): Promise<void> {
    this.settle();
    if (this.#work !== null) await settledWithin(this.#work, CLOSE_WAIT);
  }

  /** Makes a title from words without storing it. `model` asks another model than that of the conversation's titles. */
  async make(question: TitleQuestion, signal: AbortSignal, model?: LlmConfig): Promise<string> {
    return (await this.#ask(question, signal, model)) || beginningOf(question);
  }

  async #name(words: string): Promise<void> {
    try {
      const question = { words, maxLength: MAX_TITLE, request: this.#request };
      const title = (await this.#hasBudget())
        ? await this.make(question, this.#abort.signal)
        : beginningOf(question);
      if (!this.#isWanted) return;
      await this.#keeper.rename({ title, tags: null });
      this.#isWanted = false;
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#warn(error, "A title is not stored");
    }
  }

  async #hasBudget(): Promise<boolean> {
    try {
      await this.#assertBudget();
      return true;
    } catch (error) {
      this.#warn(error, "No model is asked for a title");
      return false;
    }
  }

  /** Asks the model for a title. Empty when it gives none. */
  async #ask(question: TitleQuestion, ended: AbortSignal, model?: LlmConfig): Promise<string> {
    const config = model ?? (await this.#modelConfig());
    // Only the program of the agent knows how to ask that model.
    if (config.usage_id === ACP_MANAGED) return "";
    const signal = AbortSignal.any([ended, AbortSignal.timeout(ANSWER_WAIT)]);
    try {
      const llm = this.#session.models.createAside(titleConfig(config));
      if (llm.sideCalls === false) return "";
      return await askTitle(llm, question, signal);
    } catch (error) {
      if (!ended.aborted) this.#warn(error, "The model gave no title");
      return "";
    }
  }

  /** A title is worth no failure: without the other model, that of the agent is asked. */
  async #modelConfig(): Promise<LlmConfig> {
    try {
      const other = await this.#model?.();
      if (other !== undefined) return other;
    } catch (error) {
      this.#warn(error, "The model for titles cannot be read; that of the agent is asked");
    }
    return this.#keeper.state.agent.llm;
  }

  #warn(error: unknown, message: string): void {
    this.#logger.warn({ conversation_id: this.#keeper.state.id, error: messageOf(error) }, message);
  }
}

function titleConfig(config: LlmConfig): LlmConfig {
  return {
    ...config,
    usage_id: USAGE_ID,
    stream: false,
    log_completions: false,
    num_retries: Math.min(config.num_retries, MAX_ATTEMPTS),
  };
}
