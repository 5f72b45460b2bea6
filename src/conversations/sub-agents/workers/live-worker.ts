import type { Answer } from "../../../agent/loop/confirmation/questions.ts";
import type { TaskResult } from "../../../tools/delegation.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import { text } from "../../../wire/events/message.ts";
import type { ExecutionStatus } from "../../../wire/execution-status.ts";
import { deliver } from "../../live/deliver.ts";
import type { LiveConversation } from "../../live/live-conversation.ts";
import { pause } from "../../live/runs/pause.ts";
import type { RunSlot } from "../../live/runs/run-slots.ts";
import { outcomeOf } from "../tasks/task-outcome.ts";
import type { Worker } from "./worker.ts";

/** A conversation in memory as that of a sub-agent. */
export class LiveWorker implements Worker {
  readonly #conversation: LiveConversation;

  constructor(conversation: LiveConversation) {
    this.#conversation = conversation;
  }

  get status(): ExecutionStatus {
    return this.#conversation.status;
  }

  get stats() {
    return this.#conversation.keeper.state.stats;
  }

  get isRunning(): boolean {
    return this.#conversation.runs.active;
  }

  pending(): readonly ActionEvent[] {
    return this.#conversation.session.view.pending();
  }

  async follow({ confirmation_policy, security_analyzer, secret_registry }: Readonly<ConversationState>) {
    const { keeper, subAgents } = this.#conversation;
    await keeper.setSecrets(secret_registry.secret_sources);
    const inherited = subAgents.own?.inherits_policy ? { confirmation_policy } : {};
    await keeper.update({ security_analyzer, ...inherited });
  }

  send(prompt: string, slot: RunSlot): Promise<void> {
    return deliver(this.#conversation, [text(prompt)], { run: true, slot });
  }

  async goOn(answer: Answer | undefined, slot: RunSlot): Promise<void> {
    const { session, runs } = this.#conversation;
    const { confirmation } = session;
    if (answer?.accept === false && confirmation.isWaiting) await confirmation.reject(answer.reason);
    // One who answered here has started it.
    if (runs.active) return;
    runs.startOrFollow({
      slot,
      approve: () => void (answer?.accept && confirmation.isWaiting && confirmation.approve()),
    });
  }

  statusAfter(status: ExecutionStatus): Promise<void> {
    return this.#conversation.keeper.statusAfter(status);
  }

  settled(): Promise<void> {
    return this.#conversation.runs.settled();
  }

  pause(): Promise<void> {
    return pause(this.#conversation);
  }

  async interrupt(): Promise<void> {
    await this.#conversation.runs.interrupt();
  }

  async outcome(): Promise<Omit<TaskResult, "taskId">> {
    const { session } = this.#conversation;
    await session.readLog();
    return outcomeOf(session);
  }
}
