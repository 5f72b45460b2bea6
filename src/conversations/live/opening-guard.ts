import type { ConversationRecord, ConversationStore } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import { readState } from "../record/conversation-documents.ts";
import { isDamaged } from "../record/damage/damaged.ts";

type AgentState = Readonly<Record<string, unknown>>;

/** A conversation as its guard sees it. */
export interface GuardedConversation {
  id: string;
  agent: Pick<Agent, "kind">;
  agentState: AgentState;
  /** Whether the agent profile that it comes from, if any, lets it have a secret. */
  allowsSecret(name: string): boolean;
}

/**
 * Keeps conversations closed that depend on what a client has to bring to this process first, for example a login that
 * is kept elsewhere. What a conversation depends on is in its `agent_state`, which outlives the process.
 */
export interface OpeningGuard {
  /** @throws AgentServerError `binding_required` when something that the conversation depends on is not here */
  assertOpenable(id: string, agentState: AgentState): void;
  /**
   * Returns the `agent_state` of a conversation with what it depends on from now on; undefined when that is in it
   * already. Asked before the conversation can do anything, and again when something was brought.
   */
  noted(conversation: GuardedConversation): Record<string, unknown> | undefined;
  /** A conversation was removed. */
  forget(id: string): void;
}

/** @throws AgentServerError `binding_required`; `damaged` for a state that cannot be read */
export function assertOpenable(record: ConversationRecord, guard: OpeningGuard | undefined): void {
  guard?.assertOpenable(record.id, readState(record).agent_state ?? {});
}

/** As `assertOpenable`, for a conversation in the store. Unknown and damaged ones pass: others report those. */
export async function assertStoredOpenable(
  id: string,
  {
    store,
    openingGuard,
  }: { store: { conversations: ConversationStore }; openingGuard?: OpeningGuard | undefined },
): Promise<void> {
  if (openingGuard === undefined) return;
  const [record] = await store.conversations.find([id], ["state"]);
  if (record === undefined) return;
  try {
    assertOpenable(record, openingGuard);
  } catch (error) {
    if (!isDamaged(error)) throw error;
  }
}
