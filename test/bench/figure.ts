import type { Target } from "./target.ts";

/** What a figure is measured with. */
export interface Bench {
  target: Target;
  /** The folder of our build. */
  dist: string;
  /** A folder of this run, gone after it. */
  folder: string;
}

export interface Measured {
  /** The figure as a person reads it, its ceiling beside it. */
  shown: string;
  /** Whether it keeps its bar; null where this target or machine cannot tell. */
  good: boolean | null;
  /** Everything measured, units in the names. */
  values: Record<string, number>;
}

export interface Figure {
  name: string;
  bar: string;
  /** Whether the released reference server has what this needs. */
  reference: boolean;
  measure(bench: Bench): Promise<Measured>;
}
