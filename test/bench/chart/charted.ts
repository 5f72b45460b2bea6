import type { Results } from "../results.ts";

/** A figure in the chart: the value that is drawn, and its limit. */
export interface Charted {
  /** Name of the figure, and of the value among its results. */
  figure: string;
  value: string;
  title: string;
  limit: number;
  /** Whether the limit is the most or the least. */
  limitIs: "most" | "least";
  unit: string;
}

/** The figures that a reader of the README asks for first. */
export const CHARTED: readonly Charted[] = [
  { figure: "cold start", value: "ready_ms", title: "cold start", limit: 220, limitIs: "most", unit: "ms" },
  { figure: "idle memory", value: "empty_mb", title: "idle memory", limit: 90, limitIs: "most", unit: "MB" },
  {
    figure: "step overhead",
    value: "overhead_early_ms",
    title: "overhead of a step",
    limit: 1,
    limitIs: "most",
    unit: "ms",
  },
  {
    figure: "throughput",
    value: "ratio",
    title: "steps, of bare model calls",
    limit: 0.85,
    limitIs: "least",
    unit: "×",
  },
  {
    figure: "list",
    value: "first_p95_ms",
    title: "list of conversations, p95",
    limit: 10,
    limitIs: "most",
    unit: "ms",
  },
  {
    figure: "search",
    value: "p95_ms",
    title: "search of events, p95",
    limit: 5,
    limitIs: "most",
    unit: "ms",
  },
  {
    figure: "/health",
    value: "ratio",
    title: "/health, of node:http",
    limit: 0.7,
    limitIs: "least",
    unit: "×",
  },
  {
    figure: "fan-out",
    value: "ratio_200",
    title: "200 sockets, of bare ws",
    limit: 0.8,
    limitIs: "least",
    unit: "×",
  },
  {
    figure: "resume",
    value: "events_per_s",
    title: "resume of a socket",
    limit: 30_000,
    limitIs: "least",
    unit: "events/s",
  },
  {
    figure: "shell flood",
    value: "p95_ms",
    title: "/health during a flood, p95",
    limit: 20,
    limitIs: "most",
    unit: "ms",
  },
  {
    figure: "attach",
    value: "median_ms",
    title: "run to first event",
    limit: 5,
    limitIs: "most",
    unit: "ms",
  },
];

/** A bar of the chart. */
export interface Bar {
  target: "ours" | "reference";
  value: number;
  /** How many times better than the limit; below 1 it is worse. */
  factor: number;
}

/** The bars of a figure, ours first. Empty where it was not measured. */
export function barsOf({ figure, value, limit, limitIs }: Charted, { figures }: Results): Bar[] {
  return (["ours", "reference"] as const).flatMap((target) => {
    const measured = figures.find((each) => each.name === figure && each.target === target)?.[value];
    if (typeof measured !== "number" || !Number.isFinite(measured) || measured <= 0) return [];
    return [{ target, value: measured, factor: limitIs === "most" ? limit / measured : measured / limit }];
  });
}
