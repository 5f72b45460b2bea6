import type { LlmDelta } from "../llm/llm.ts";

/**
 * The place of a reply while it is written. Readers see its pieces under the id that its event will have; a place that
 * they saw begin ends for them with that event, or with the news that there is none.
 */
export interface ReplySlot {
  /** Id for the event that holds the reply: its message, or the first of its calls. */
  readonly id: string;
  /** Shows a piece of the reply. It is not stored. */
  push(delta: LlmDelta): void;
  /** The reply begins again: what was shown of it counts no more. */
  restart(): void;
  /** Ends the place; the reason is shown where the event was not appended. Later calls do nothing. */
  close(reason: string): void;
}

/** Does the work of one reply in a new place, and ends the place however the work ends. */
export async function withSlot<T>(
  session: { openReply(): ReplySlot },
  signal: AbortSignal,
  work: (slot: ReplySlot) => Promise<T>,
): Promise<T> {
  const slot = session.openReply();
  try {
    return await work(slot);
  } catch (error) {
    slot.close(signal.aborted ? "cancelled" : reasonOf(error));
    throw error;
  } finally {
    slot.close("no_durable_event");
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}
