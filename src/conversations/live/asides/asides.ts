import { toolSchemas } from "../../../agent/calls/tool-schemas.ts";
import type { Runner } from "../../../agent/runner.ts";
import { AgentServerError, closingError, messageOf } from "../../../errors.ts";
import { maskError } from "../../../secrets/masking/mask-error.ts";
import { untilAborted } from "../../../waiting.ts";
import type { LlmConfig } from "../../../wire/agent/llm-config.ts";
import { type Message, message, text, textOf } from "../../../wire/events/message.ts";
import type { RunSession } from "../session/run-session.ts";
import type { AutoTitle } from "./auto-title.ts";
import type { TitleQuestion } from "./title-question.ts";

/** usage_id of questions, so that their cost is not counted as the agent's. */
const USAGE_ID = "ask-agent-llm";
/** Number of side calls of one conversation at a time: each holds a copy of the whole prompt. */
const MAX_CALLS = 4;
/** Characters of a question. */
const MAX_QUESTION = 100_000;

export interface AsidesOptions {
  session: RunSession;
  title: AutoTitle;
  /** Rejects when there is no budget for a call. */
  assertBudget(): Promise<void>;
  /** Gives the runner of the agent, which may answer questions itself. */
  runner(): Promise<Runner>;
}

/** Calls of a model that are not part of the agent's work, also during a run. They leave no event. */
export class Asides {
  readonly #options: AsidesOptions;
  readonly #closing = new AbortController();
  #active = 0;

  constructor(options: AsidesOptions) {
    this.#options = options;
  }

  /**
   * Asks the agent's model about the conversation so far. It sees the tools, because its own calls are part of what it
   * reads, and is asked to use none.
   *
   * @throws AgentServerError `unprocessable` for a question that is too long and a model that answers the agent alone,
   * `too_many_requests` past 4 questions at a time and beyond a final budget, `internal` when the model fails or gives
   * no words
   */
  ask(question: string): Promise<string> {
    if (question.length > MAX_QUESTION) {
      const most = MAX_QUESTION.toLocaleString("en");
      throw new AgentServerError("unprocessable", `question: at most ${most} characters are allowed`);
    }
    return this.#oneOfFew(() => this.#ask(question));
  }

  /**
   * Makes a title from the user's first words and stores nothing. `model` is asked instead of the model of titles.
   *
   * @throws AgentServerError `bad_request` before the first message, `too_many_requests` as `ask`
   */
  title(question: Omit<TitleQuestion, "words">, model?: LlmConfig): Promise<string> {
    return this.#oneOfFew(async () => {
      const { session, title } = this.#options;
      await session.readLog();
      return title.make({ ...question, words: firstWords(session) }, this.#closing.signal, model);
    });
  }

  /** Ends the calls. */
  close(): void {
    this.#closing.abort(closingError("The conversation is closed"));
  }

  async #oneOfFew<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active >= MAX_CALLS) {
      throw new AgentServerError(
        "too_many_requests",
        `At most ${MAX_CALLS} questions are answered at a time. Retry the request later.`,
      );
    }
    this.#active += 1;
    try {
      await this.#options.assertBudget();
      return await work();
    } finally {
      this.#active -= 1;
    }
  }

  async #ask(question: string): Promise<string> {
    const { session } = this.#options;
    const { signal } = this.#closing;
    await untilAborted(session.prepare(), signal);
    await session.writePrompt();
    const runner = session.state.agent.kind === "Agent" ? undefined : await this.#options.runner();
    if (runner?.ask !== undefined) {
      return answerOf(await this.#masked(untilAborted(runner.ask(question, signal), signal)));
    }
    const config = { ...session.state.agent.llm, usage_id: USAGE_ID, stream: false };
    const llm = session.models.createAside(config);
    if (llm.sideCalls === false) throw noSideCalls(config);
    const messages = [...session.view.answeredMessages(), asked(question)];
    const tools = toolSchemas(session.tools, { rated: false });
    const call = (async () => llm.complete({ messages, tools, signal }))();
    const reply = await untilAborted(call, signal).catch((error: unknown) => {
      throw AgentServerError.is(error) ? error : failed(messageOf(error), error);
    });
    return answerOf(textOf(reply.message.content));
  }

  /** Hides secret values in what a runner says. The models of the session do that themselves. */
  async #masked(answer: Promise<string>): Promise<string> {
    const { session } = this.#options;
    try {
      const words = await answer;
      return await (await session.secretMask()).maskLong(words);
    } catch (error) {
      throw await maskError(error, await session.secretMask());
    }
  }
}

function answerOf(answer: string): string {
  if (answer.trim() === "") throw failed("The model answered without words");
  return answer;
}

function asked(question: string): Message {
  return {
    role: "user",
    content: [
      text(
        "An aside, which is not part of the work: answer the following question from what this conversation has shown so " +
          `far. Answer in words at once. Call no tool and do not go on with the work.\n\n${question}`,
      ),
    ],
  };
}

/** Words of the user's first message that the agent still reads. */
function firstWords({ view }: RunSession): string {
  for (const event of view.events) {
    if (event.kind !== "MessageEvent" || event.source !== "user") continue;
    const words = textOf(message.parse(event.llm_message).content, " ").trim();
    if (words !== "") return words;
  }
  throw new AgentServerError("bad_request", "No user messages found in conversation events");
}

function noSideCalls({ model }: LlmConfig): AgentServerError {
  return new AgentServerError("unprocessable", `The model ${model} answers its agent alone. Choose another.`);
}

function failed(why: string, cause?: unknown): AgentServerError {
  return new AgentServerError("internal", why, { cause });
}
