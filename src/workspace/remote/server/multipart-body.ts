import type { Patience } from "./remote-failure.ts";

/**
 * One file as a form, made while it is sent. Time counts only while the other side is waited for, not while the content
 * is made. An error of the content ends the request.
 */
export function multipartBody(
  content: AsyncIterable<Uint8Array>,
  patience: Patience,
): { type: string; stream: ReadableStream<Uint8Array> } {
  const boundary = `part-${crypto.randomUUID()}`;
  const encoder = new TextEncoder();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield encoder.encode(
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="file"\r\n` +
        "content-type: application/octet-stream\r\n\r\n",
    );
    yield* content;
    yield encoder.encode(`\r\n--${boundary}--\r\n`);
  }
  const iterator = pieces();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        patience.end();
        const { done, value } = await iterator.next();
        patience.begin();
        if (done) return controller.close();
        controller.enqueue(value);
      },
      async cancel() {
        patience.end();
        await iterator.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return { type: `multipart/form-data; boundary=${boundary}`, stream };
}
