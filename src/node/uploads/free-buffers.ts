import { once } from "../../once.ts";

/** Bytes of a body after which its buffers are freed. */
const PORTION = 1024 * 1024;

/** Frees memory that young objects no longer use. */
type CollectYoung = () => void;

/**
 * Returns a function that counts the bytes of one body and frees the buffers of each portion. V8 by itself waits until
 * 64 MiB of buffers have gathered, because it counts objects and the few of a large body are small to it. A collection
 * of young objects takes about a millisecond, and writing to memory that is in the cache saves more.
 */
export async function freeBuffers(): Promise<(bytes: number) => void> {
  const collect = await collectYoung();
  let gathered = 0;
  return (bytes) => {
    gathered += bytes;
    if (gathered < PORTION) return;
    gathered = 0;
    collect();
  };
}

/**
 * Gets V8's own function, which is part of a global object only when a flag asks for it. Elsewhere nothing is freed.
 */
const collectYoung = once(async (): Promise<CollectYoung> => {
  const [v8, vm] = await Promise.all([import("node:v8"), import("node:vm")]);
  try {
    v8.setFlagsFromString("--expose-gc");
    const collect: unknown = vm.runInNewContext("gc");
    v8.setFlagsFromString("--no-expose-gc");
    return typeof collect === "function" ? () => collect({ type: "minor" }) : () => {};
  } catch {
    return () => {};
  }
});
