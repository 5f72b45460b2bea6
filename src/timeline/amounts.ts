import type { Usage } from "./row.ts";
import { grouped } from "./visible-text.ts";

/** Writes a duration for people: `84 ms`, `2.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${grouped(Math.floor(whole / 3_600))} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** Writes US dollars. A cost of less than a cent keeps two digits that say something. */
export function costText(dollars: number): string {
  if (dollars === 0 || dollars >= 0.01) return `$${dollars.toFixed(2)}`;
  return `$${Number(dollars.toPrecision(2))}`;
}

/** Writes tokens and cost, and which model it was unless it is the agent's. */
export function usageText({ usageId, cost, input, output }: Usage): string {
  const tokens = `${grouped(input)} tokens in, ${grouped(output)} out`;
  const named = usageId === "default" || usageId === "agent" ? "" : ` (${usageId})`;
  return cost === 0 ? tokens + named : `${tokens}, ${costText(cost)}${named}`;
}

/** Adds up usage. */
export function totalOf(usage: readonly Usage[]): Usage {
  const sum = { usageId: "default", cost: 0, input: 0, output: 0 };
  for (const { cost, input, output } of usage) {
    sum.cost += cost;
    sum.input += input;
    sum.output += output;
  }
  return sum;
}

/**
 * Milliseconds of a time as events have it. The zone does not matter where times of one server are compared. NaN for
 * what is not a time.
 */
export function timeOf(at: string): number {
  return Date.parse(/Z|[+-]\d\d:?\d\d$/.test(at) ? at : `${at}Z`);
}

/** Seconds from one time to another: never negative, and 0 where one is not a time. */
export function secondsBetween(from: string, to: string): number {
  const seconds = (timeOf(to) - timeOf(from)) / 1_000;
  return Number.isNaN(seconds) ? 0 : Math.max(0, seconds);
}
