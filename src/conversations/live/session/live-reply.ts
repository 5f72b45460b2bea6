import type { ReplySlot } from "../../../agent/reply-slot.ts";
import type { EventLog } from "../../../events/event-log.ts";
import type { LlmDelta } from "../../../llm/llm.ts";
import type { DeltaFrame } from "../../../wire/events/session-frames.ts";

export interface LiveReplyParts {
  /** Id for the event that holds the reply. */
  id: string;
  log: Pick<EventLog, "publish" | "publishProgress" | "lastCalledSeq">;
  /** Called with every piece. */
  onActivity?: (() => void) | undefined;
}

/**
 * A reply as watchers of a conversation see it while it is written: as events for event sockets, as an item with its
 * attempts for session sockets. Nothing of it is stored.
 */
export class LiveReply implements ReplySlot {
  readonly id: string;
  readonly #parts: LiveReplyParts;
  /** Place of the event after which the reply comes. */
  readonly #anchor: number;
  /** Attempts that were shown. */
  #attempt = 0;
  #order = 0;
  /** Whether the current attempt is shown. */
  #hasBegun = false;
  #isOver = false;

  constructor(parts: LiveReplyParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#anchor = parts.log.lastCalledSeq;
  }

  push({ content, reasoning_content: reasoning, ...place }: LlmDelta): void {
    if (this.#isOver) return;
    const { log, onActivity } = this.#parts;
    // A reply may take longer than an operator lets a server idle, and has no event until its end.
    onActivity?.();
    log.publish({
      kind: "StreamingDeltaEvent",
      source: "agent",
      content: content ?? null,
      reasoning_content: reasoning ?? null,
    });
    if (reasoning) this.#show({ kind: "reasoning", content: reasoning, ...place });
    if (content) this.#show({ kind: "text", content, ...place });
  }

  restart(): void {
    this.#hasBegun = false;
  }

  /** Takes note of events that were stored: the reply has ended with its own. */
  noteStored(events: readonly { id?: string | undefined }[]): void {
    if (events.some(({ id }) => id === this.id)) this.#isOver = true;
  }

  close(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#attempt === 0) return;
    this.#parts.log.publishProgress({
      type: "item_aborted",
      item_id: this.id,
      attempt: this.#attempt,
      reason,
    });
  }

  #show(piece: Pick<DeltaFrame, "kind" | "content" | "chunk_id" | "choice_index">): void {
    if (!this.#hasBegun) this.#begin();
    const { kind, content, ...place } = piece;
    this.#parts.log.publishProgress({
      type: "delta",
      item_id: this.id,
      attempt: this.#attempt,
      order: this.#order,
      kind,
      content,
      ...place,
    });
    this.#order += 1;
  }

  #begin(): void {
    this.#hasBegun = true;
    this.#attempt += 1;
    this.#order = 0;
    this.#parts.log.publishProgress({
      type: "item_started",
      item_id: this.id,
      attempt: this.#attempt,
      ...(this.#anchor >= 0 && { anchor_seq: this.#anchor }),
    });
  }
}
