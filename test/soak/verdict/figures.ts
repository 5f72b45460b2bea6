import type { Bound, Point } from "./verdict.ts";

interface Figure {
  unit: string;
  /** Digits after the point. */
  digits: number;
  bound: Bound;
}

const latency = (absolute: number) => ({ unit: "ms", digits: 1, bound: { absolute, relative: 0.5 } });
const ANY = { absolute: Number.POSITIVE_INFINITY, relative: 0 };

/**
 * What is looked at during a soak, and how much each may grow in the second half of it. Times depend on what else the
 * machine does, so that their bounds only find what grows without an end, and only on a machine with room.
 */
export const FIGURES = {
  resident: { unit: "MiB", digits: 0, bound: { absolute: 20, relative: 0.08 } },
  heap: { unit: "MiB", digits: 1, bound: { absolute: 6, relative: 0.1 } },
  descriptors: { unit: "", digits: 0, bound: { absolute: 8, relative: 0.1 } },
  processes: { unit: "", digits: 0, bound: { absolute: 4, relative: 0.1 } },
  resources: { unit: "", digits: 0, bound: { absolute: 10, relative: 0.1 } },
  "loop delay p99": latency(25),
  "request p50": latency(5),
  "request p99": latency(50),
  "append to socket p50": latency(10),
  "append to socket p99": latency(100),
  disk: { unit: "MiB", digits: 1, bound: { absolute: 8, relative: 0.1 } },
  /** Processes that want to run, for each processor. */
  "load of the machine": { unit: "", digits: 1, bound: ANY },
  "stored per event": { unit: "bytes", digits: 0, bound: { absolute: 200, relative: 0.15 } },
} as const satisfies Record<string, Figure>;

export type FigureName = keyof typeof FIGURES;

/** All that was seen of each figure. */
export type Series = Record<FigureName, Point[]>;

export function emptySeries(): Series {
  return Object.fromEntries(Object.keys(FIGURES).map((name) => [name, [] as Point[]])) as Series;
}
