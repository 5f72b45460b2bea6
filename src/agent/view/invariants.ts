import { batchesOf, thinkingTurnsOf } from "./atoms.ts";
import { isResult, openCalls, type ViewEvent } from "./view-event.ts";

/**
 * A rule of providers. Returns the ids of the events that break it; `before` is the view in which nothing was missing.
 */
type Invariant = (events: readonly ViewEvent[], before: readonly ViewEvent[]) => ReadonlySet<string>;

/** The rules in the order in which they are enforced. */
const INVARIANTS: readonly Invariant[] = [doubleResults, partialBatches, unmatched, partialThinking];

/**
 * Leaves out what providers would refuse once a part of `before` has been forgotten: second results of a call, the rest
 * of a reply, calls and results without each other, the rest of a turn with signed thoughts. Each can bring about
 * another, so this goes on until nothing breaks a rule. Calls that wait for their result stay.
 */
export function enforceInvariants(
  events: readonly ViewEvent[],
  before: readonly ViewEvent[],
): readonly ViewEvent[] {
  for (const invariant of INVARIANTS) {
    const broken = invariant(events, before);
    if (broken.size > 0)
      return enforceInvariants(
        events.filter(({ id }) => !broken.has(id)),
        before,
      );
  }
  return events;
}

function doubleResults(events: readonly ViewEvent[]): Set<string> {
  const answered = new Set<string>();
  const doubles = new Set<string>();
  for (const event of events) {
    if (!isResult(event)) continue;
    if (answered.has(event.tool_call_id)) doubles.add(event.id);
    answered.add(event.tool_call_id);
  }
  return doubles;
}

function partialBatches(events: readonly ViewEvent[], before: readonly ViewEvent[]): Set<string> {
  return partsOf(events, batchesOf(before));
}

function unmatched(events: readonly ViewEvent[], before: readonly ViewEvent[]): Set<string> {
  const waiting = openCalls(before);
  const called = new Set(events.flatMap((event) => (event.kind === "ActionEvent" ? event.tool_call_id : [])));
  const answered = new Set(events.flatMap((event) => (isResult(event) ? event.tool_call_id : [])));
  const broken = new Set<string>();
  for (const event of events) {
    if (event.kind === "ActionEvent") {
      const { tool_call_id: call } = event;
      if (!answered.has(call) && !waiting.has(call)) broken.add(event.id);
    } else if (isResult(event) && !called.has(event.tool_call_id)) broken.add(event.id);
  }
  return broken;
}

function partialThinking(events: readonly ViewEvent[], before: readonly ViewEvent[]): Set<string> {
  return partsOf(events, thinkingTurnsOf(before));
}

/** Ids of the members of those groups that are not whole any more. */
function partsOf(events: readonly ViewEvent[], groups: readonly (readonly ViewEvent[])[]): Set<string> {
  const ids = new Set(events.map(({ id }) => id));
  const parts = groups.map((group) => group.filter(({ id }) => ids.has(id)));
  return new Set(
    parts.flatMap((part, index) =>
      part.length < (groups[index]?.length ?? 0) ? part.map(({ id }) => id) : [],
    ),
  );
}
