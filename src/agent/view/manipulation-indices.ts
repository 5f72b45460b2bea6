import { batchesOf, thinkingTurnsOf } from "./atoms.ts";
import { isResult, type ViewEvent } from "./view-event.ts";

/**
 * Finds the places at which the view may be cut, smallest first: an event may be put in at each, and everything between
 * two of them may be forgotten. None lies between a call and its result, between the calls of one reply or in a turn
 * with signed thoughts.
 */
export function manipulationIndices(events: readonly ViewEvent[]): number[] {
  const isInside = new Array<boolean>(events.length + 1).fill(false);
  const places = new Map(events.map(({ id }, index) => [id, index]));
  for (const group of [...batchesOf(events), ...thinkingTurnsOf(events)]) {
    const first = places.get(group[0]?.id ?? "") ?? 0;
    const last = places.get(group.at(-1)?.id ?? "") ?? first;
    isInside.fill(true, first + 1, last + 1);
  }
  markWaiting(events, isInside);
  return isInside.flatMap((inside, index) => (inside ? [] : [index]));
}

/** Marks the places behind which a result is still to come. */
function markWaiting(events: readonly ViewEvent[], isInside: boolean[]): void {
  const waiting = new Set<string>();
  for (const [index, event] of events.entries()) {
    if (event.kind === "ActionEvent") waiting.add(event.tool_call_id);
    else if (isResult(event)) waiting.delete(event.tool_call_id);
    if (waiting.size > 0) isInside[index + 1] = true;
  }
}
