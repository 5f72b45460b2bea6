/**
 * Loaded into the server of a soak by `node --import`: writes what only the process itself knows into the file of
 * `SOAK_PROBE`, every few seconds.
 */
import { renameSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

/** What the server says of itself. */
export interface Inside {
  /** Number of this look, from 1. */
  look: number;
  /** What is held after a garbage collection. */
  heapMiB: number;
  /** Milliseconds, the 99th percentile since the last look. */
  delayP99: number;
  /** Timers, sockets and whatever else keeps a process going. */
  resources: number;
}

const EVERY_MS = 10_000;
const MIB = 1024 * 1024;
/** The timer of the histogram itself, in nanoseconds. */
const RESOLUTION = 10;
const { SOAK_PROBE: file } = process.env;

if (isMainThread && file !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  let looks = 0;
  const look = async () => {
    const delayP99 = Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION);
    collect();
    const inside: Inside = {
      look: ++looks,
      heapMiB: process.memoryUsage().heapUsed / MIB,
      delayP99,
      resources: process.getActiveResourcesInfo().length,
    };
    writeFileSync(`${file}.new`, JSON.stringify(inside));
    renameSync(`${file}.new`, file);
    // The collection is no delay of the server.
    await sleep(100, undefined, { ref: false });
    delay.reset();
  };
  setInterval(() => void look(), EVERY_MS).unref();
}
