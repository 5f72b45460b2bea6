import { manipulationIndices } from "../view/manipulation-indices.ts";
import type { ViewEvent } from "../view/view-event.ts";
import type { Excess } from "./prompt-tokens.ts";

/** The reasons to make a prompt shorter. */
export interface Reasons {
  /** Whether a CondensationRequest is open. */
  isRequested: boolean;
  /** The tokens beyond the limit; null when there is room. */
  excess: Excess | null;
  /** Whether there are more events than allowed. */
  isLong: boolean;
}

export interface ForgettingOptions {
  /** Number of events above which `isLong` holds. */
  maxSize: number;
  /** Number of events at the beginning that stay. */
  keepFirst: number;
  /** Share of the events that must go, lest a summary cost more than it saves. */
  minimumProgress: number;
}

/** A part of the view, without its end. */
export interface Range {
  start: number;
  end: number;
}

/**
 * Chooses the events to forget: from those that always stay to the newest that fit for every reason, moved to places at
 * which the view may be cut. null when that leaves nothing to forget, or too little.
 */
export function rangeToForget(
  events: readonly ViewEvent[],
  reasons: Reasons,
  options: ForgettingOptions,
): Range | null {
  const indices = manipulationIndices(events);
  const prompt = events.findIndex(({ kind }) => kind === "SystemPromptEvent");
  const first = Math.max(options.keepFirst, prompt + 1);
  const start = indices.find((index) => index >= first);
  const end = indices.find((index) => index >= events.length - tailOf(events, reasons, options));
  if (start === undefined || end === undefined) return null;
  const forgotten = end - start;
  return forgotten < 1 || forgotten < events.length * options.minimumProgress ? null : { start, end };
}

/** Number of events at the end that stay, for the strictest of the reasons. It is negative when none may. */
function tailOf(
  events: readonly ViewEvent[],
  { isRequested, excess, isLong }: Reasons,
  { maxSize, keepFirst }: ForgettingOptions,
): number {
  const half = (size: number) => Math.floor(size / 2) - keepFirst - 1;
  return Math.min(
    ...(isRequested ? [half(events.length)] : []),
    ...(isLong ? [half(maxSize)] : []),
    ...(excess === null ? [] : [tailWithin(events.slice(keepFirst), excess)]),
  );
}

/** Number of events at the end that may stay when those before them make up for the excess. */
function tailWithin(events: readonly ViewEvent[], { surplus, tokensOf }: Excess): number {
  let saved = 0;
  let forgotten = 0;
  while (forgotten < events.length && saved <= surplus) {
    const event = events[forgotten];
    if (event !== undefined) saved += tokensOf(event);
    forgotten += 1;
  }
  return events.length - forgotten;
}
