/**
 * Passes a stream on and fails where it is shorter or longer than promised: more bytes than the announced length would
 * be read as the next answer on the connection, and fewer would leave the client waiting.
 */
export function exactly(length: number, stream: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let left = length;
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        left -= value?.byteLength ?? 0;
        if (left < 0 || (done && left > 0)) {
          void reader.cancel().catch(() => {});
          throw new Error(
            `a source of bytes was ${left < 0 ? "longer" : "shorter"} than its size of ${length}`,
          );
        }
        if (value !== undefined) controller.enqueue(value);
        if (done) controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
