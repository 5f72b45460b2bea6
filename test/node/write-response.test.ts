import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setImmediate, setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Answer } from "../../src/http/answer.ts";
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
    await setTimeout(200);
    client.destroy();
    await Promise.all(writing);
    expect(cancelled).toHaveLength(count);
  },
);

describe("an answer to a request whose body is not read", () => {
  /** Answers at once. Returns a client that has sent a head, and has not read yet. */
  async function openUpload(answer: Answer | Response, length = 256 * 1024) {
    const server = createServer((_incoming, outgoing) => void writeResponse(outgoing, answer));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    onTestFinished(() => {
      client.destroy();
      server.close();
    });
    client.write(`POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`);
    await setTimeout(200);
    return client;
  }

  const REFUSAL: Answer = { status: 400, headers: {}, body: "no" };

  it.each<[string, Answer | Response]>([
    ["an answer", REFUSAL],
    ["a stream", new Response("no", { status: 400 })],
  ])("reaches a client that is still sending: %s", async (_kind, answer) => {
    const client = await openUpload(answer);
    for (let sent = 0; sent < 4; sent++) {
      client.write(Buffer.alloc(64 * 1024));
      await setTimeout(50);
    }
    const read = Buffer.concat(await client.toArray()).toString();
    expect(read).toMatch(/^HTTP\/1\.1 400 .*connection: close.*no/is);
  });

  it("ends also with a client that sends nothing more", async () => {
    const client = await openUpload(REFUSAL);
    expect(Buffer.concat(await client.toArray()).toString()).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("ends also with a client that never stops sending", async () => {
    const client = await openUpload(REFUSAL, 2 ** 40);
    client.on("error", () => {});
    let isOpen = true;
    client.once("close", () => {
      isOpen = false;
    });
    while (isOpen) {
      if (!client.write(Buffer.alloc(64 * 1024)))
        await Promise.race([once(client, "drain"), once(client, "close")]).catch(() => {});
      await setImmediate();
    }
  });
});
