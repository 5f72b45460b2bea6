import { untilAborted } from "../../../waiting.ts";
import type { AgentWritable, ConversationState } from "../../../wire/conversation-state.ts";
import type { NewEvent } from "../../../wire/events/events.ts";

/** Key of `agent_state` while a question is open. */
export const QUESTION_KEY = "sub_agent_confirmation";

/** Whether a question is open, or was when its process ended. */
export function hasQuestion({
  agent_state: state,
}: Readonly<Pick<ConversationState, "agent_state">>): boolean {
  return Object.hasOwn(state, QUESTION_KEY);
}

/** Calls that wait for the user inside of a call that is running: those of a sub-agent. */
export interface Question {
  /** Ids of the actions that wait. */
  actionIds: readonly string[];
  /** The value of `agent_state.sub_agent_confirmation` meanwhile, for clients. */
  shown: Record<string, unknown>;
  /** Events that show the question to people. */
  events: readonly NewEvent[];
  /** Resolves when the calls wait no longer, because they were answered elsewhere. */
  withdrawn: Promise<void>;
  /** Called when the question is stored: clients take the state after it for the end of a run. */
  asked?(): void;
}

/** The answer of the user to a question. */
export type Answer = { accept: true } | { accept: false; reason?: string | undefined };

/** The part of a session that questions need. */
export interface QuestionSession {
  readonly state: Readonly<Pick<ConversationState, "execution_status" | "agent_state">>;
  update(
    changes: Partial<Pick<ConversationState, AgentWritable>>,
    reasons?: readonly NewEvent[],
  ): Promise<void>;
}

interface Open {
  question: Question;
  answer(answer: Answer): void;
}

/**
 * Questions to the user in the middle of a run. While one is open, the status is waiting_for_confirmation, so that
 * clients that know nothing of sub-agents can answer it; the run waits. They are asked one after the other: an answer
 * is about the calls that were shown, and no others.
 */
export class Questions {
  readonly #session: QuestionSession;
  #before: Promise<unknown> = Promise.resolve();
  #open: Open | null = null;

  constructor(session: QuestionSession) {
    this.#session = session;
  }

  /** Whether one is open. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Ids of the actions that the open question is about. */
  get actionIds(): readonly string[] {
    return this.#open?.question.actionIds ?? [];
  }

  /**
   * Asks, when the questions before it are answered. Resolves with the answer, or with undefined for a question that
   * was withdrawn. Rejects with the reason of the signal.
   */
  ask(question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    const asked = untilAborted(this.#before, signal).then(() => this.#ask(question, signal));
    this.#before = asked.catch(() => {});
    return asked;
  }

  /**
   * Gives the user's answer to the question that is open. The status is running at once; resolves when that is stored.
   * A write that fails ends the run, too, so that no caller has to wait.
   */
  answer(answer: Answer): Promise<void> {
    this.#open?.answer(answer);
    this.#open = null;
    return this.#close();
  }

  async #ask(question: Question, signal: AbortSignal): Promise<Answer | undefined> {
    const { promise: answered, resolve } = Promise.withResolvers<Answer>();
    const open = { question, answer: resolve };
    this.#open = open;
    const { agent_state } = this.#session.state;
    try {
      await this.#session.update(
        {
          execution_status: "waiting_for_confirmation",
          agent_state: { ...agent_state, [QUESTION_KEY]: question.shown },
        },
        question.events,
      );
      question.asked?.();
      return await untilAborted(Promise.race([answered, question.withdrawn.then(() => undefined)]), signal);
    } finally {
      if (this.#open === open) {
        this.#open = null;
        await this.#close();
      }
    }
  }

  /** The end of the run writes its own status. */
  async #close(): Promise<void> {
    const { [QUESTION_KEY]: _, ...agent_state } = this.#session.state.agent_state;
    const isWaiting = this.#session.state.execution_status === "waiting_for_confirmation";
    await this.#session.update({ agent_state, ...(isWaiting && { execution_status: "running" }) });
  }
}
