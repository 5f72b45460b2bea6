import type { EventStore } from "../../../stores/store.ts";
import { type GoalStatus, goalStatus } from "../../../wire/asides/goal.ts";
import type { Event, NewEvent } from "../../../wire/events/events.ts";

const KIND = "ConversationStateUpdateEvent";
const KEY = "goal";
/** Number of state updates read at a time. */
const PAGE = 50;

/** Makes the event that shows a goal. */
export function goalEvent(status: GoalStatus): NewEvent {
  return { kind: KIND, source: "environment", key: KEY, value: status };
}

/** Whether an event shows a goal. */
export function isGoalEvent(event: Event): event is Extract<Event, { kind: typeof KIND }> {
  return event.kind === KIND && event.key === KEY;
}

/** Finds the newest event that shows a goal, from a place in the log down. Resolves with none or one. */
export async function lastGoalEvent(
  { events, conversationId }: { events: EventStore; conversationId: string },
  lastSeq: number,
): Promise<Event[]> {
  for (let from = lastSeq; from >= 0; ) {
    const page = await events.search(conversationId, { kind: KIND, order: "desc", from, limit: PAGE });
    for (const { json } of page) {
      const event = JSON.parse(json) as Event;
      if (isGoalEvent(event)) return [event];
    }
    from = (page.at(-1)?.seq ?? 0) - 1;
  }
  return [];
}

/** Reads the value of an event that shows a goal; undefined for one that is damaged. */
export function readGoal(value: unknown): GoalStatus | undefined {
  return goalStatus.safeParse(value).data;
}

/** A goal whose loop has ended before the goal was reached. */
export function interrupted(goal: GoalStatus): GoalStatus {
  return { ...goal, active: false, status: "interrupted", verdict: null };
}
