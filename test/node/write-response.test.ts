import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { writeResponse } from "../../src/node/convert.ts";

/** A body without end, as that of a large file. */
function endlessBytes(onCancel: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 64 * 1024,
    pull(controller) {
      const { byobRequest } = controller;
      byobRequest?.respond(byobRequest.view?.byteLength ?? 0);
    },
    cancel: onCancel,
  });
}

it.each([1, 3])(
  "answers end when a client leaves that has not read them: %i on a connection",
  async (count) => {
    const cancelled: string[] = [];
    const writing: Promise<void>[] = [];
    const begun = Promise.withResolvers<void>();
    const server = createServer((_incoming, outgoing) => {
      const body = endlessBytes(() => cancelled.push("cancelled"));
      writing.push(writeResponse(outgoing, new Response(body)));
      if (writing.length === count) begun.resolve();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("error", () => {});
    client.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(count));
    await begun.promise;
    // What is read is held up here, so that the answers wait for their client.
    await new Promise((resolve) => setTimeout(resolve, 200));
    client.destroy();
    await Promise.all(writing);
    expect(cancelled).toHaveLength(count);
  },
);
