import { AgentServerError } from "../../../errors.ts";
import { answerOpenCalls, type CallResult, type OpenCalls, rejection } from "../call-results.ts";
import { type QuestionSession, Questions } from "./questions.ts";

const REJECTED = "User rejected the action";
const SUPERSEDED = "Superseded by a new user message";

/** The part of a session that answers need. */
export type ConfirmedSession = Pick<OpenCalls, "view"> & QuestionSession;

/** The answer to calls that wait. */
export type ConfirmationVerdict = "approved" | "rejected";

/**
 * The user's answers to calls that wait for confirmation. The first answer to a batch of calls counts, from the moment
 * it is given: before anything is stored, and for these calls alone. Approvals live in memory. After a restart the
 * calls wait again. While a question of a sub-agent is open, answers are about that.
 */
export class Confirmation {
  readonly questions: Questions;
  readonly #session: ConfirmedSession;
  #approved: ReadonlySet<string> = new Set();
  #onAnswer: ((verdict: ConfirmationVerdict) => void) | undefined;

  constructor(session: ConfirmedSession) {
    this.#session = session;
    this.questions = new Questions(session);
  }

  /** Whether calls wait and have no answer yet. */
  get isWaiting(): boolean {
    if (this.questions.isOpen) return true;
    const { execution_status: status } = this.#session.state;
    return status === "waiting_for_confirmation" && !this.#areApproved(this.#session.view.pending());
  }

  /** Whether every open call may run. True without open calls. */
  get allApproved(): boolean {
    const open = this.#session.view.pending();
    return open.length === 0 || this.#areApproved(open);
  }

  /**
   * Approves the calls that wait. Approving a batch again while it runs changes nothing.
   *
   * @throws AgentServerError `conflict` when no calls wait, or others than `actionIds`
   */
  approve(actionIds?: readonly string[]): void {
    const open = this.#openIds();
    if (actionIds !== undefined && !isSameSet(open, actionIds)) throw notWaiting();
    if (this.questions.isOpen) this.questions.answer({ accept: true }).catch(() => {});
    else if (this.isWaiting && open.length > 0) {
      this.#approved = new Set(open);
      this.#onAnswer?.("approved");
    } else if (!open.some((id) => this.#approved.has(id))) throw notWaiting();
  }

  /**
   * Answers the calls that wait with the user's no, in one commit with the status idle. The model reads the reason in
   * the next run. Without calls that wait it does nothing, as in the reference.
   *
   * @throws AgentServerError `conflict` when the calls were approved before, or when others than `actionIds` wait
   */
  async reject(reason = REJECTED, actionIds?: readonly string[]): Promise<void> {
    if (actionIds !== undefined && !isSameSet(this.#openIds(), actionIds)) throw notWaiting();
    if (this.questions.isOpen) return this.questions.answer({ accept: false, reason });
    if (this.#approved.size > 0) throw notWaiting();
    if (!this.isWaiting) return;
    await answerOpenCalls(this.#session, (action) => rejection(action, reason, "user"), {
      execution_status: "idle",
    });
    this.#onAnswer?.("rejected");
  }

  /**
   * The answers that a new message of the user gives to the calls that wait. Empty when none wait. It answers a
   * question of a sub-agent, too.
   */
  superseded(): CallResult[] {
    if (this.questions.isOpen) {
      this.questions.answer({ accept: false, reason: SUPERSEDED }).catch(() => {});
      return [];
    }
    if (!this.isWaiting) return [];
    this.#onAnswer?.("rejected");
    return this.#session.view.pending().map((action) => rejection(action, SUPERSEDED, "user"));
  }

  /**
   * Calls back once, in the moment in which the calls that wait are approved or rejected, for a runner that goes on in
   * the same run. Returns the function that ends this.
   */
  whenAnswered(callBack: (verdict: ConfirmationVerdict) => void): () => void {
    const once = (verdict: ConfirmationVerdict) => {
      this.#onAnswer = undefined;
      callBack(verdict);
    };
    this.#onAnswer = once;
    return () => {
      if (this.#onAnswer === once) this.#onAnswer = undefined;
    };
  }

  /** Forgets earlier approvals, when the calls of another reply begin to wait. */
  reset(): void {
    this.#approved = new Set();
  }

  #openIds(): readonly string[] {
    return this.questions.isOpen
      ? this.questions.actionIds
      : this.#session.view.pending().map(({ id }) => id);
  }

  #areApproved(open: readonly { id: string }[]): boolean {
    return open.length > 0 && open.every(({ id }) => this.#approved.has(id));
  }
}

function isSameSet(open: readonly string[], actionIds: readonly string[]): boolean {
  const ids = new Set(actionIds);
  return open.length === ids.size && open.every((id) => ids.has(id));
}

function notWaiting(): AgentServerError {
  return new AgentServerError("conflict", "No calls wait for this answer: they were answered before.");
}
