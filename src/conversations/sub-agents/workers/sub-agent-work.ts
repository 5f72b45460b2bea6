import type { Answer } from "../../../agent/loop/confirmation/questions.ts";
import type { TaskResult } from "../../../tools/delegation.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import type { RunSlot, RunSlots } from "../../live/runs/run-slots.ts";
import type { Task } from "../tasks/tasks.ts";
import type { Worker } from "./worker.ts";

/** Calls of a sub-agent that wait for the user. */
export interface SubAgentQuestion {
  task: Task;
  actions: readonly ActionEvent[];
  /** Resolves when they wait no longer, because they were answered in the conversation of the sub-agent. */
  withdrawn: Promise<void>;
}

/** Asks the user. Resolves with undefined for a question that was withdrawn; rejects with the reason of the signal. */
export type AskUser = (question: SubAgentQuestion, signal: AbortSignal) => Promise<Answer | undefined>;

export interface SubAgentWorkParts {
  task: Task;
  slots: RunSlots;
  /** The state of the parent, live. */
  parent: Readonly<ConversationState>;
  ask: AskUser;
  /** Resolves when the parent has another status than it has now. */
  parentChanged(): Promise<void>;
}

/** One task of a sub-agent: its message, and its runs until it has ended. */
export class SubAgentWork {
  readonly #worker: Worker;
  readonly #parts: SubAgentWorkParts;
  #hasEnded = false;

  constructor(worker: Worker, parts: SubAgentWorkParts) {
    this.#worker = worker;
    this.#parts = parts;
  }

  /** Resolves with the outcome. After an abort, the sub-agent is interrupted first. */
  async run(prompt: string, signal: AbortSignal): Promise<TaskResult> {
    const { task, parent } = this.#parts;
    const worker = this.#worker;
    const interrupt = () => void worker.interrupt();
    signal.addEventListener("abort", interrupt, { once: true });
    try {
      // A new one has them.
      if (task.from > 0) await worker.follow(parent);
      await this.#withSlot((slot) => worker.send(prompt, slot));
      void this.#followPauses();
      await this.#untilEnded(signal);
      signal.throwIfAborted();
      return { taskId: task.id, ...(await worker.outcome()) };
    } finally {
      this.#hasEnded = true;
      signal.removeEventListener("abort", interrupt);
      if (signal.aborted) await worker.interrupt();
    }
  }

  async #untilEnded(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#worker.settled();
      signal.throwIfAborted();
      if (this.#worker.status !== "waiting_for_confirmation") return;
      await this.#confirm(signal);
    }
  }

  /** Pauses the sub-agent with its parent, which waits for it and would not stop before its end. */
  async #followPauses(): Promise<void> {
    const { parent, parentChanged } = this.#parts;
    while (!this.#hasEnded && parent.execution_status !== "paused") await parentChanged();
    // A failed write ends the run of the sub-agent, too.
    if (!this.#hasEnded) await this.#worker.pause().catch(() => {});
  }

  /** Asks the user about the calls that wait, and carries the answer out. */
  async #confirm(signal: AbortSignal): Promise<void> {
    const { task, ask, parent } = this.#parts;
    const actions = this.#worker.pending();
    const withdrawn = this.#worker.statusAfter("waiting_for_confirmation");
    const answer = await ask({ task, actions, withdrawn }, signal);
    await this.#worker.follow(parent);
    if (!this.#worker.isRunning) await this.#withSlot((slot) => this.#worker.goOn(answer, slot));
  }

  async #withSlot(begin: (slot: RunSlot) => Promise<void>): Promise<void> {
    const slot = this.#parts.slots.claim(this.#parts.parent.id);
    try {
      await begin(slot);
    } finally {
      slot.release();
    }
  }
}
