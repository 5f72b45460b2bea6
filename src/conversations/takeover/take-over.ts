import type { Adopted } from "../../stores/ownership.ts";
import { isFailure } from "../../stores/refusals.ts";
import type { Store } from "../../stores/store.ts";
import type { Claim } from "../live/claims.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import { GoalNotes } from "../live/goal/goal-notes.ts";
import { isCut } from "../live/runs/cut-runs.ts";
import { isRunLimit } from "../live/runs/run-slots.ts";
import { openRecord } from "../load-conversation.ts";

/** A conversation that this server has claimed because no living one held it. */
export type TakenOver = Adopted & Claim;

export interface TakeOverParts {
  context: LiveContext;
  /** The store as it is, where reading imports nothing. */
  stored: Pick<Store, "conversations" | "events">;
  /** Takes a conversation into memory, where what was cut short is repaired. */
  recover(id: string): Promise<void>;
  /** Claims a conversation again, and keeps it away from other servers. */
  hold(id: string): Promise<void>;
  release(claim: TakenOver): Promise<void>;
  /** Tries again to take a conversation into memory, until the store does not fail. */
  retry(id: string): void;
  /** Called for one that cannot be repaired. */
  failed(id: string, error: unknown): void;
}

/**
 * Repairs what the death of another server has cut short in a conversation, and gives the claim back if there is
 * nothing to repair. Never rejects.
 */
export async function takeOver(taken: TakenOver, parts: TakeOverParts): Promise<void> {
  const { conversationId: id } = taken;
  try {
    if (taken.away !== undefined) await markAway(taken, parts);
    else if (await needsRepair(id, parts)) return await repair(id, parts);
  } catch (error) {
    parts.failed(id, error);
  }
  await parts.release(taken);
}

async function needsRepair(id: string, { context, stored }: TakeOverParts): Promise<boolean> {
  const [record] = await stored.conversations.find([id], []);
  if (record === undefined) return false;
  return (await isCut(stored, record)) || (await new GoalNotes(context.store.documents).has(id));
}

/**
 * One that finds no slot is left to whichever server has one. One that cannot be loaded stays with this server, so that
 * the others do not try it, too, again and again.
 */
async function repair(id: string, parts: TakeOverParts): Promise<void> {
  try {
    await parts.recover(id);
    await new GoalNotes(parts.context.store.documents).end(id);
  } catch (error) {
    if (isRunLimit(error)) return;
    if (isFailure(error)) return parts.retry(id);
    parts.failed(id, error);
    await parts.hold(id).catch((cause: unknown) => parts.failed(id, cause));
  }
}

/** Shows a run as an error whose machine is away. Its files are there, so that none are opened. */
async function markAway(taken: TakenOver, { context }: TakeOverParts): Promise<void> {
  const claim = { ...taken, isSure: () => true, onLost: () => undefined };
  const conversation = await openRecord(taken.conversationId, { ...context, cutRuns: "mark" }, claim);
  if (conversation === undefined) return;
  try {
    await conversation.recover();
    conversation.keeper.publishFullState();
  } finally {
    await conversation.close();
  }
}
