import { describe, expect, it } from "vitest";
import { PipeTransport } from "../../src/browser/driver/pipe-transport.ts";

const openTransport = () => new PipeTransport({ write: () => {}, end: () => {} });

describe("messages with a browser", () => {
  it("come one to a task, so that all that follows from one is done before the next", async () => {
    const transport = openTransport();
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
    transport.receive(Buffer.from('{"id":1}\0{"id":2}\0'));
    await both;
    expect(seen).toEqual(["begun 1", "done 1", "begun 2", "done 2"]);
  });

  it("may arrive in any pieces, cut within a character too", async () => {
    const transport = openTransport();
    const message = new Promise((resolve) => {
      transport.onmessage = resolve;
    });
    for (const byte of Buffer.from('{"title":"größer 👍"}\0')) transport.receive(Buffer.from([byte]));
    expect(await message).toEqual({ title: "größer 👍" });
  });

  it("end at one that is not JSON", async () => {
    const transport = openTransport();
    const closed = new Promise<void>((resolve) => {
      transport.onclose = () => resolve();
    });
    transport.receive(Buffer.from("garbage\0"));
    await closed;
  });
});

function trace(seen: string[], onmessage: PipeTransport["onmessage"]): (message: object) => void {
  return (message) => {
    seen.push(`begun ${(message as { id: number }).id}`);
    onmessage?.(message);
  };
}
