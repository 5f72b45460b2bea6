import type { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Yields what a transform makes of a source, which is read as fast as pieces are taken. Closes both at the end. */
export async function* transformed(
  source: AsyncIterable<Uint8Array>,
  transform: Transform,
): AsyncGenerator<Uint8Array, void, void> {
  const feeding = pipeline(source, transform);
  feeding.catch(() => {});
  try {
    yield* transform as AsyncIterable<Uint8Array>;
    await feeding;
  } finally {
    transform.destroy();
    await feeding.catch(() => {});
  }
}
