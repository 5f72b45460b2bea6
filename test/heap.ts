import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { queryObjects } from "node:v8";

/** Collects what is garbage now. The workers of the tests run with `--expose-gc`. */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error("needs node --expose-gc");
  globalThis.gc();
}

/** Bytes in use, on the heap and beside it in buffers, after everything that can be collected is. */
export async function retainedBytes(): Promise<number> {
  await collectAll();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Number of objects that are alive once it stands still: what has just ended may leave a timer that is about to. Unlike
 * bytes it is exact to a few objects: compiled code and type feedback, of which Node makes more with every call, are none.
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

/** What one collection frees may have kept something else alive until the next. */
async function collectAll(): Promise<void> {
  for (let count = 0; count < 3; count += 1) {
    collectGarbage();
    await nextTurn();
  }
}
