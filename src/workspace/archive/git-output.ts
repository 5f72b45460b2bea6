import type { RunOptions } from "../workspace.ts";

type Run<R> = (output: Required<Pick<RunOptions, "onOutput" | "signal">>) => Promise<R>;

/**
 * Yields what a program writes to its standard output, which waits until a piece is taken. Returns the result of the
 * run. When nothing more is taken, the program is ended.
 */
export async function* outputOf<R>(run: Run<R>): AsyncGenerator<Uint8Array, R, void> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  const ended = new AbortController();
  const running = run({
    signal: ended.signal,
    onOutput: async ({ stream, bytes }) => {
      if (stream === "stdout") await writer.write(bytes);
    },
  });
  running.then(
    () => writer.close().catch(() => {}),
    (error: unknown) => writer.abort(error).catch(() => {}),
  );
  try {
    yield* readable as unknown as AsyncIterable<Uint8Array>;
    return await running;
  } finally {
    ended.abort();
    await running.catch(() => {});
  }
}
