import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { queryObjects } from "node:v8";

/** Collects garbage. The workers of the tests run with `--expose-gc`. */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("needs node --expose-gc");
  globalThis.gc();
}

/** Bytes in use on the heap and in buffers, after a collection of all garbage. */
export async function retainedBytes(): Promise<number> {
  await collectAll();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Number of objects that are alive, once it stands still: timers that are about to end hold objects. The number is exact
 * to a few, where bytes are not: Node goes on compiling, and compiled code is no object.
 */
export async function liveObjects(): Promise<number> {
  let count = await countObjects();
  for (let tries = 0; tries < 30; tries += 1) {
    await sleep(500);
    const next = await countObjects();
    if (next === count) break;
    count = next;
  }
  return count;
}

async function countObjects(): Promise<number> {
  await collectAll();
  return queryObjects(Object, { format: "count" });
}

/** Collects several times, since an object freed by one collection may have kept another one alive. */
async function collectAll(): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    collectGarbage();
    await nextTurn();
  }
}
