import { describe, expect, it } from "vitest";
import { readServerSentEvents } from "../../../src/llm/reply/server-sent-events.ts";

async function read(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  const bytes = chunks.map((chunk) => (typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk));
  const body = ReadableStream.from(bytes) as ReadableStream<Uint8Array>;
  const events: string[] = [];
  for await (const data of readServerSentEvents(body)) events.push(data);
  return events;
}

describe("server-sent events", () => {
  it.each([
    ["with line feeds", ["data: one\n\ndata:two\n\n"], ["one", "two"]],
    ["with carriage returns", ["data: one\r\rdata: two\r\r"], ["one", "two"]],
    ["with both", ["data: one\r\n\r\ndata: two\r\n\r\n"], ["one", "two"]],
    ["cut in the middle of a line end", ["data: one\r", "\n\r", "\ndata: two\r\n\r", "\n"], ["one", "two"]],
    ["cut in the middle of a field", ["da", "ta: o", "ne", "\n", "\n"], ["one"]],
    ["of several lines", ["data: one\ndata: two\n\n"], ["one\ntwo"]],
    ["with comments and other fields", [": ping\n\nevent: x\nid: 1\nretry: 5\ndata: one\n\n"], ["one"]],
    ["cut off by the end", ["data: one\n\ndata: two\n"], ["one"]],
    ["without any", [""], []],
  ])("%s", async (_, chunks, expected) => {
    expect(await read(...chunks)).toEqual(expected);
  });

  it("cut in the middle of a character", async () => {
    const bytes = new TextEncoder().encode("data: äöü\n\n");
    expect(await read(bytes.slice(0, 7), bytes.slice(7))).toEqual(["äöü"]);
  });
});
