import type { Claims } from "./live/claims.ts";
import type { LiveContext } from "./live/conversation-context.ts";
import type { LiveConversation } from "./live/live-conversation.ts";
import type { ConversationClaim } from "./live/opening/open-log.ts";
import { assertOpenable } from "./live/opening-guard.ts";
import { LIVE_DOCUMENTS } from "./record/conversation-documents.ts";

export interface LoadOptions {
  context: LiveContext;
  claims: Claims;
  /** Called when a conversation in memory is no longer what the store has. */
  lost(fence: number, error: unknown): void;
}

/**
 * Claims a conversation and reads it from the store. Undefined for an unknown one, whose claim is given back.
 *
 * @throws AgentServerError `binding_required` for one that the guard keeps closed, whose claim is given back as well
 */
export async function loadConversation(
  id: string,
  { context, claims, lost }: LoadOptions,
): Promise<LiveConversation | undefined> {
  const taken = await claims.take(id);
  const { fence } = taken;
  const conversation = await read(id, context, {
    ...taken,
    isSure: () => claims.isSure(taken),
    onLost: (error: unknown) => lost(fence, error),
  }).catch(async (error: unknown) => {
    await claims.release(id, fence);
    throw error;
  });
  if (conversation === undefined) await claims.release(id, fence);
  return conversation;
}

/**
 * Receivers elsewhere get the state first. A run without a living owner was cut short, and is repaired; so is one that
 * was asking the user.
 */
async function read(
  id: string,
  context: LiveContext,
  claim: ConversationClaim,
): Promise<LiveConversation | undefined> {
  const conversation = await openRecord(id, context, claim);
  if (conversation === undefined) return undefined;
  conversation.keeper.mailFullState();
  await conversation.noteBindings();
  if (conversation.needsRecovery) await conversation.recover();
  return conversation;
}

/** Opens a conversation under a claim as the store has it. Undefined for an unknown one. */
export async function openRecord(
  id: string,
  context: LiveContext,
  claim: ConversationClaim,
): Promise<LiveConversation | undefined> {
  const [record] = await context.store.conversations.find([id], LIVE_DOCUMENTS);
  if (record === undefined) return undefined;
  assertOpenable(record, context.openingGuard);
  const { openConversation } = await import("./live/opening/open-conversation.ts");
  return openConversation(record, context, claim);
}
