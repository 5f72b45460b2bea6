import { PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { PipeTransport } from "../../src/browser/chromium/pipe-transport.ts";

function openTransport() {
  const reader = new PassThrough();
  const writer = new PassThrough();
  const transport = new PipeTransport(reader, writer);
  onTestFinished(() => transport.close());
  return { reader, writer, transport };
}

describe("messages with a browser", () => {
  it("come one to a task, so that all that follows from one is done before the next", async () => {
    const { reader, transport } = openTransport();
    const seen: string[] = [];
    const both = new Promise<void>((resolve) => {
      transport.onmessage = async (message) => {
        const { id } = message as { id: number };
        for (let steps = 0; steps < 50; steps += 1) await null;
        seen.push(`done ${id}`);
        if (id === 2) resolve();
      };
    });
    transport.onmessage = trace(seen, transport.onmessage);
    reader.write('{"id":1}\0{"id":2}\0');
    await both;
    expect(seen).toEqual(["begun 1", "done 1", "begun 2", "done 2"]);
  });

  it("may arrive in any pieces, cut within a character too", async () => {
    const { reader, transport } = openTransport();
    const message = new Promise((resolve) => {
      transport.onmessage = resolve;
    });
    for (const byte of Buffer.from('{"title":"größer 👍"}\0')) reader.write(Buffer.from([byte]));
    expect(await message).toEqual({ title: "größer 👍" });
  });

  it("end at one that is not JSON", async () => {
    const { reader, transport } = openTransport();
    const closed = new Promise<void>((resolve) => {
      transport.onclose = () => resolve();
    });
    reader.write("garbage\0");
    await closed;
  });
});

function trace(seen: string[], onmessage: PipeTransport["onmessage"]): (message: object) => void {
  return (message) => {
    seen.push(`begun ${(message as { id: number }).id}`);
    onmessage?.(message);
  };
}
