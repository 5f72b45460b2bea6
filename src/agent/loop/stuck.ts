import { isDeepStrictEqual } from "node:util";
import type {
  ActionEvent,
  AgentErrorEvent,
  Event,
  MessageEvent,
  ObservationEvent,
} from "../../wire/events/events.ts";

/** Repetitions at which an agent counts as stuck. */
export interface StuckThresholds {
  /** Number of equal actions with equal results in a row. */
  action_observation: number;
  /** Number of equal actions that fail in a row. At this number the agent gets a message; one more and it is stuck. */
  action_error: number;
  /** Number of messages of the agent in a row. */
  monologue: number;
  /** Number of actions that alternate, A B A B …. */
  alternating_pattern: number;
}

const DEFAULT_THRESHOLDS: StuckThresholds = {
  action_observation: 4,
  action_error: 3,
  monologue: 3,
  alternating_pattern: 6,
};

/** Number of events that are compared, unless a threshold needs more. */
const WINDOW = 20;

/** Number of events to compare: an action and its result for each repetition. */
export function stuckWindow(thresholds: StuckThresholds = DEFAULT_THRESHOLDS): number {
  return Math.max(WINDOW, 2 * Math.max(...Object.values(thresholds)) + 2);
}

export type StuckVerdict = { kind: "fine" } | { kind: "nudge"; text: string } | { kind: "stuck" };

type Result = Extract<Event, { kind: "ObservationEvent" | "UserRejectObservation" | "AgentErrorEvent" }>;

/** Judges whether an agent repeats itself, by the last events of its branch, oldest first. */
export function judgeProgress(recent: readonly Event[], thresholds = DEFAULT_THRESHOLDS): StuckVerdict {
  const events = sinceLastUserMessage(recent.slice(-stuckWindow(thresholds)));
  const nudge = nudgeFor(events, thresholds.action_error);
  if (nudge !== undefined) return { kind: "nudge", text: nudge };
  return { kind: isStuck(events, thresholds) ? "stuck" : "fine" };
}

function isStuck(events: readonly Event[], thresholds: StuckThresholds): boolean {
  return (
    repeatsItself(events, thresholds.action_observation) ||
    failureStreak(events) > thresholds.action_error ||
    talksToItself(events, thresholds.monologue) ||
    alternates(events, thresholds.alternating_pattern)
  );
}

function sinceLastUserMessage(events: readonly Event[]): readonly Event[] {
  const index = events.findLastIndex((event) => event.kind === "MessageEvent" && event.source === "user");
  return events.slice(index + 1);
}

function actionsOf(events: readonly Event[]): ActionEvent[] {
  return events.filter((event) => event.kind === "ActionEvent");
}

function resultsOf(events: readonly Event[]): Result[] {
  return events.filter(
    (event) =>
      event.kind === "ObservationEvent" ||
      event.kind === "UserRejectObservation" ||
      event.kind === "AgentErrorEvent",
  );
}

function repeatsItself(events: readonly Event[], times: number): boolean {
  return allSame(actionsOf(events).slice(-times), times) && allSame(resultsOf(events).slice(-times), times);
}

function allSame(events: readonly Event[], times: number): boolean {
  return events.length === times && events.every((event) => isSame(events[0], event));
}

/** Counts how often the last action was repeated and failed each time. */
function failureStreak(events: readonly Event[]): number {
  const actions = actionsOf(events).reverse();
  const results = resultsOf(events).reverse();
  const length = actions.findIndex(
    (action, index) => !isSame(actions[0], action) || results[index]?.kind !== "AgentErrorEvent",
  );
  return length === -1 ? actions.length : length;
}

/** The message about a repeated failure; undefined when the log already has a message of the environment after it. */
function nudgeFor(events: readonly Event[], times: number): string | undefined {
  if (failureStreak(events) !== times) return undefined;
  const index = events.findLastIndex((event) => event.kind === "AgentErrorEvent");
  const error = events[index];
  if (error?.kind !== "AgentErrorEvent") return undefined;
  const isNudged = events
    .slice(index)
    .some((event) => event.kind === "MessageEvent" && event.source === "environment");
  if (isNudged) return undefined;
  return (
    `The tool \`${error.tool_name}\` has now failed ${times} times in a row on the same call, each time with: ` +
    `${error.error}\nThe same call will fail again. Read the error, then change the arguments or go another way.`
  );
}

function talksToItself(events: readonly Event[], times: number): boolean {
  let messages = 0;
  for (const event of events.toReversed()) {
    if (event.kind === "Condensation" || event.kind === "CondensationRequest") continue;
    if (event.kind !== "MessageEvent") break;
    if (event.source === "agent") messages += 1;
  }
  return messages >= times;
}

function alternates(events: readonly Event[], length: number): boolean {
  const results = resultsOf(events).filter((event) => event.kind !== "UserRejectObservation");
  return (
    isAlternating(actionsOf(events).slice(-length), length) && isAlternating(results.slice(-length), length)
  );
}

function isAlternating(events: readonly Event[], length: number): boolean {
  return events.length === length && events.slice(2).every((event, index) => isSame(events[index], event));
}

/** Compares events without ids, times and what the model said about the call. The order of keys does not count. */
function isSame(a: Event | undefined, b: Event | undefined): boolean {
  if (a === undefined || b === undefined || a.kind !== b.kind || a.source !== b.source) return false;
  return isDeepStrictEqual(essence(a), essence(b));
}

function essence(event: Event): unknown {
  switch (event.kind) {
    case "ActionEvent":
      return pick(event, ["tool_name", "thought", "action"]);
    case "ObservationEvent":
      return pick(event, ["tool_name", "observation"]);
    case "AgentErrorEvent":
      return pick(event, ["error"]);
    case "MessageEvent":
      return pick(event, ["llm_message"]);
    case "UserRejectObservation":
      return pick(event, ["tool_name", "rejection_reason"]);
    default:
      return event;
  }
}

type Comparable = ActionEvent | ObservationEvent | AgentErrorEvent | MessageEvent | Result;

function pick<E extends Comparable>(event: E, keys: readonly (keyof E)[]): unknown[] {
  return keys.map((key) => event[key]);
}
