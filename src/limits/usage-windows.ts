import type { CallerLimits, LimitName } from "./caller-limits.ts";
import type { Account } from "./client.ts";
import type { Reached } from "./refusals.ts";

/** The use of models. */
export interface Used {
  tokens: number;
  /** US dollars. */
  cost: number;
}

/** The use of one hour or one day. */
export interface UsageWindow extends Used {
  /** Its beginning, in milliseconds since 1970. */
  from: number;
}

/** The use of an account in the hour and the day that it was counted in last. */
export interface Usage {
  hour: UsageWindow;
  day: UsageWindow;
}

/** Milliseconds of each kind of window. They begin with the hours and days of UTC. */
const SPANS = { hour: 3_600_000, day: 86_400_000 } as const satisfies Record<keyof Usage, number>;

const WINDOWED: readonly (readonly [name: LimitName, window: keyof Usage, measure: keyof Used])[] = [
  ["tokensPerHour", "hour", "tokens"],
  ["costPerHour", "hour", "cost"],
  ["tokensPerDay", "day", "tokens"],
  ["costPerDay", "day", "cost"],
];

/** Whether any limit is about what calls of models use. */
export function limitsUsage(limits: CallerLimits): boolean {
  return WINDOWED.some(([name]) => limits[name] !== undefined);
}

/** Whether all of it is of a day that has ended, also by the clocks of other servers. */
export function isPast({ day }: Usage, now: number): boolean {
  return now - day.from >= 2 * SPANS.day;
}

/** The windows of this moment: those that go on, and new ones in place of those that have ended. */
export function currentUsage(kept: Usage | undefined, now: number): Usage {
  return { hour: current("hour", kept?.hour, now), day: current("day", kept?.day, now) };
}

/**
 * A window that begins soon is that of a server whose clock is ahead, and counts already: the former one must not come
 * back. One of a later time is left by a clock that was wrong.
 */
function current(kind: keyof Usage, kept: UsageWindow | undefined, now: number): UsageWindow {
  const from = Math.floor(now / SPANS[kind]) * SPANS[kind];
  if (kept !== undefined && kept.from >= from && kept.from <= from + SPANS[kind]) return kept;
  return { from, tokens: 0, cost: 0 };
}

/** Adds up. */
export function added({ hour, day }: Usage, used: Used): Usage {
  return { hour: plus(hour, used), day: plus(day, used) };
}

function plus(window: UsageWindow, { tokens, cost }: Used): UsageWindow {
  return { from: window.from, tokens: window.tokens + tokens, cost: window.cost + cost };
}

/** The limit that is reached for the longest time; undefined when something is left of each. */
export function usedUp(account: Account, usage: Usage, now: number): Reached | undefined {
  const reached = WINDOWED.flatMap(([name, kind, measure]): Reached[] => {
    const limit = account.limits[name];
    if (limit === undefined || usage[kind][measure] < limit) return [];
    const seconds = Math.max(1, Math.ceil((usage[kind].from + SPANS[kind] - now) / 1000));
    return [{ account, name, limit, seconds, window: SPANS[kind] / 1000 }];
  });
  return reached.toSorted((a, b) => b.seconds - a.seconds)[0];
}
