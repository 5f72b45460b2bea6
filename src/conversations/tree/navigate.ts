import type { PromptView } from "../../agent/view/prompt-view.ts";
import { AgentServerError } from "../../errors.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { LiveConversation } from "../live/live-conversation.ts";

/** Number of events, the newest of a branch, among which a message that waits for its next run is found. */
const RECENT = 100;

/**
 * Moves HEAD of a conversation to one of its events, or before the first with null. What comes next continues that
 * branch. Calls that waited for the user on the branch that is left wait no longer.
 *
 * @throws AgentServerError `not_found` for an event that is not in the log, `conflict` during a run
 */
export async function navigate(
  { session, keeper, runs, goal }: LiveConversation,
  eventId: string | null,
): Promise<void> {
  assertNoRun(runs, goal);
  await session.readLog();
  const branch = await session.readBranch(eventId);
  if (branch === undefined) throw new AgentServerError("not_found", `Unknown event_id: ${eventId}`);
  while (!keeper.log.isSettled) await keeper.log.settled();
  assertNoRun(runs, goal);
  const changes = changesBetween(session.view, branch.view, session.state);
  session.adopt(branch);
  await keeper.moveHead(eventId, changes);
  keeper.publishFullState();
}

/** A run continues the branch that it has begun on, step by step, and a goal run by run. */
function assertNoRun({ active }: LiveConversation["runs"], { isActive }: LiveConversation["goal"]): void {
  if (!active && !isActive) return;
  throw new AgentServerError(
    "conflict",
    "Conversation is running. Pause or interrupt it before you navigate.",
  );
}

/** Drops what concerns events that are not on the branch that is entered. */
function changesBetween(
  left: PromptView,
  entered: PromptView,
  state: Readonly<ConversationState>,
): Partial<ConversationState> {
  const open = new Set(entered.pending().map(({ id }) => id));
  const recent = new Set(entered.recent(RECENT).map(({ id }) => id));
  const waited = left.pending();
  const stillWaits =
    waited.length > 0 && waited.length === open.size && waited.every(({ id }) => open.has(id));
  return {
    ...(state.execution_status === "waiting_for_confirmation" && !stillWaits && { execution_status: "idle" }),
    blocked_actions: only(state.blocked_actions, open),
    blocked_messages: only(state.blocked_messages, recent),
  };
}

function only(reasons: Readonly<Record<string, string>>, ids: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(Object.entries(reasons).filter(([id]) => ids.has(id)));
}
