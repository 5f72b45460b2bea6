import { AgentServerError } from "../../errors.ts";
import { unknownConversation } from "../../stores/refusals.ts";
import type { ClaimedConversations } from "../claimed-conversations.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import { subAgentsOf } from "../sub-agents/sub-agents-of.ts";
import type { Turns } from "../turns.ts";
import type { Removals } from "./removals.ts";

export interface DeletionParts {
  context: Pick<LiveContext, "store" | "unsealed" | "openingGuard">;
  live: ClaimedConversations;
  removals: Removals;
  /** Launches, forks and removals of one id come one after another. */
  turns: Turns;
}

/**
 * Interrupts the run, closes tools, removes the conversation from the store and ends its watches. A damaged one too.
 * Its sub-agents are removed first: what a crash leaves in between still shows what is left to remove.
 */
export async function deleteConversation(id: string, parts: DeletionParts): Promise<void> {
  const { context, live, removals, turns } = parts;
  const { relay } = context.store;
  // Outside the turn, because a run may take a while to end.
  if (!(await live.shut(id))) {
    // An earlier attempt may have removed it and failed to say so.
    relay.publish(id, { kind: "removed" });
    throw unknownConversation(id);
  }
  await turns.take(id, async () => {
    // It may have left memory and been loaded again, here before its removal and in the next line during that.
    await live.shut(id);
    await deleteSubAgents(id, parts);
    const removed = await removals.remove(id).finally(() => live.discard(id));
    context.unsealed.forget(id);
    context.openingGuard?.forget(id);
    relay.publish(id, { kind: "removed" });
    await removals.removeFolders(removed);
  });
}

async function deleteSubAgents(id: string, parts: DeletionParts): Promise<void> {
  const found: string[] = [];
  for await (const subAgent of subAgentsOf(id, parts.context.store)) found.push(subAgent.id);
  for (const subAgent of found) {
    await deleteConversation(subAgent, parts).catch((error: unknown) => {
      if (!AgentServerError.is(error) || error.code !== "not_found") throw error;
    });
  }
}
