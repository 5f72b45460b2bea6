import { AgentServerError } from "../errors.ts";
import type { Owner } from "./ownership.ts";
import type { Change } from "./store.ts";

/** The refusals of stores, in one wording. A refused change has written nothing. */

export function alreadyExists(conversationId: string): AgentServerError {
  return new AgentServerError("conflict", `Conversation already exists: ${conversationId}`);
}

export function unknownConversation(conversationId: string): AgentServerError {
  return new AgentServerError("not_found", `Conversation not found: ${conversationId}`);
}

export function repeatedEvent(conversationId: string): AgentServerError {
  return new AgentServerError(
    "conflict",
    `An event of conversation ${conversationId} has an id that is taken`,
  );
}

export function repeatedBashEvent(id: string): AgentServerError {
  return new AgentServerError("conflict", `A bash event with the id ${id} exists`);
}

export function ownershipLost(): AgentServerError {
  return new AgentServerError(
    "ownership_lost",
    "Conversation is owned by another agent server instance; the write was refused",
  );
}

export function isOwnershipLost(error: unknown): boolean {
  return AgentServerError.is(error) && error.code === "ownership_lost";
}

/** Why a claim is refused: another node holds the conversation. */
class HeldElsewhere {
  readonly conversationId: string;
  readonly holder: Owner;

  constructor(conversationId: string, holder: Owner) {
    this.conversationId = conversationId;
    this.holder = holder;
  }
}

export function heldElsewhere(conversationId: string, holder: Owner): AgentServerError {
  return new AgentServerError(
    "unavailable",
    `Conversation ${conversationId} is being run by another server (node ${holder.node}). Try again when that run has ended.`,
    { headers: { "retry-after": "1" }, cause: new HeldElsewhere(conversationId, holder) },
  );
}

/** The node that holds a conversation, from the refusal of a claim on it; undefined for anything else. */
export function holderIn(error: unknown, conversationId: string): Owner | undefined {
  if (!AgentServerError.is(error) || !(error.cause instanceof HeldElsewhere)) return undefined;
  return error.cause.conversationId === conversationId ? error.cause.holder : undefined;
}

/** Whether a store has failed: the change may be stored although it was rejected. A refusal has written nothing. */
export function isFailure(error: unknown): boolean {
  return !AgentServerError.is(error) || error.code === "unavailable";
}

export function storeClosed(): AgentServerError {
  return new AgentServerError("unavailable", "The store is closed");
}

/** @throws AgentServerError `conflict` for copied events that are not all that a new log begins with. */
export function assertBeginsLog({ conversationId, create, events = [] }: Change): void {
  if (create !== undefined && events.length === 0) return;
  throw new AgentServerError(
    "conflict",
    `Copied events do not begin the log of conversation ${conversationId}`,
  );
}

/** @throws AgentServerError `conflict` when the events do not continue a log of `eventCount` events. */
export function assertContinues({ conversationId, events = [] }: Change, eventCount: number): void {
  for (const [offset, event] of events.entries()) {
    if (event.seq === eventCount + offset) continue;
    throw new AgentServerError(
      "conflict",
      `Event ${event.seq} does not continue the log of conversation ${conversationId}: expected ${eventCount + offset}`,
    );
  }
}
