import { answerOpenCalls, callError } from "../../agent/loop/call-results.ts";
import { fail, MaxIterationsReached } from "../../agent/loop/run.ts";
import { StartError } from "../acp-error.ts";
import { ASKED_BEFORE } from "../permissions.ts";
import { Delivery } from "./delivery.ts";
import { PromptCursor } from "./prompt-cursor.ts";
import type { AcpRunParts } from "./run-parts.ts";
import { PromptFailed, RunRecord } from "./run-record.ts";

/** One run: the messages that the program has not been sent yet, one after the other. */
export class AcpRun {
  readonly #parts: AcpRunParts;
  readonly #cursor: PromptCursor;
  readonly #record: RunRecord;
  readonly #delivery: Delivery;

  constructor(parts: AcpRunParts) {
    this.#parts = parts;
    this.#cursor = new PromptCursor(parts.session);
    this.#record = new RunRecord(parts, this.#cursor);
    this.#delivery = new Delivery(parts, { cursor: this.#cursor, record: this.#record });
  }

  /** Gives up the prompt that the program works on, if there is one: a message has come that is to take its place. */
  supersede(): void {
    this.#delivery.supersede();
  }

  /** Answers questions that a program of an earlier run has asked. */
  async answerLeftQuestions(): Promise<void> {
    await answerOpenCalls(this.#parts.session, (action) => callError(action, ASKED_BEFORE));
  }

  /**
   * Works until there is nothing left to send. Status and log show how it has ended. Rejects only when the log cannot
   * be written.
   */
  async work(): Promise<void> {
    const { session, run } = this.#parts;
    await session.update({ execution_status: "running", blocked_messages: {}, ...this.#cursor.settled() });
    try {
      await this.#loop();
    } catch (error) {
      if (run.signal.aborted) await this.#record.interrupted();
      else if (error instanceof StartError) await this.#record.notStarted(error);
      else if (!(error instanceof PromptFailed)) await fail(session, error);
    }
  }

  async #loop(): Promise<void> {
    const { session, run } = this.#parts;
    const { signal, extensions } = run;
    const { max_iterations: limit } = session.state;
    for (let iteration = 1; ; iteration += 1) {
      signal.throwIfAborted();
      if (this.#isPaused) return;
      const going = await extensions.beforeModel({ session, signal });
      if (going === "stopped") return;
      if (going === "again") continue;
      const event = this.#cursor.next;
      if (event !== undefined) await this.#delivery.send(event);
      if (this.#isPaused) return;
      if (this.#cursor.next !== undefined) {
        if (iteration < limit) continue;
        return session.update({ execution_status: "idle" });
      }
      if (await extensions.refusesStop({ session, signal })) {
        if (iteration < limit) continue;
        throw new MaxIterationsReached(limit);
      }
      if (await this.#isFinished()) return;
    }
  }

  /** Ends the run, unless a message has come meanwhile. */
  async #isFinished(): Promise<boolean> {
    const { session } = this.#parts;
    if (this.#cursor.next !== undefined) return false;
    await session.update({ execution_status: "finished" });
    if (session.state.execution_status !== "idle" || this.#cursor.next === undefined) return true;
    await session.update({ execution_status: "running" });
    return false;
  }

  get #isPaused(): boolean {
    return this.#parts.session.state.execution_status === "paused";
  }
}
