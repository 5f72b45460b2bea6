import type { ConversationState } from "../../../wire/conversation-state.ts";
import type { LoopChange } from "../extension.ts";
import type { Moment } from "./ask.ts";

/** Stores answers in one commit, with the keys of the state that the loop changes for them. */
export async function commit(
  { session }: Moment,
  answers: readonly (LoopChange | undefined)[],
  own: Partial<Pick<ConversationState, "execution_status" | "last_user_message_id">> = {},
): Promise<void> {
  const changes = answers.filter((answer) => answer !== undefined);
  if (changes.length === 0) return;
  const { state, events } = mergeChanges(changes);
  await session.update({ ...state, ...own }, events);
}

/** Joins changes into one: all events in order, and of each key of the state the last value. */
export function mergeChanges(changes: readonly LoopChange[]): Required<LoopChange> {
  return {
    state: Object.assign({}, ...changes.map(({ state }) => state)),
    events: changes.flatMap(({ events = [] }) => events),
  };
}

/** The change of the state that makes a call be refused when its turn comes. */
export function blocked(
  { blocked_actions: others }: Readonly<ConversationState>,
  id: string,
  reason: string,
): Pick<ConversationState, "blocked_actions"> {
  return { blocked_actions: { ...others, [id]: reason } };
}
