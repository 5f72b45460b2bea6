import { readFileSync } from "node:fs";

/** The figures of one run, and the machine that they were measured on. */
export interface Results {
  node: string;
  cores: number;
  /** Load average of a minute, at the end. */
  load: number;
  /** Day of the run, UTC. */
  date: string;
  seconds: number;
  figures: readonly Result[];
}

/** A figure of one server: its name, its bar, whether it keeps it, and everything measured by name. */
export interface Result {
  name: string;
  target: string;
  bar: string;
  good: boolean | null;
  [measured: string]: string | number | boolean | null;
}

/** Reads the results that a run has printed: the first line that is JSON. */
export function readResults(path: string): Results {
  const line = readFileSync(path, "utf8")
    .split("\n")
    .find((text) => text.startsWith('{"node":'));
  if (line === undefined) throw new Error(`${path}: no line with the results of a run, {"node": …}`);
  return JSON.parse(line) as Results;
}
