import { describe, expect, it } from "vitest";
import { decorate } from "../../../src/llm/decorators/decorate.ts";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { parseLlmConfig } from "../../../src/wire/agent/llm-config.ts";
import { type Message, text, textOf } from "../../../src/wire/events/message.ts";

const LONG = `begin ${"x".repeat(40_000)} end`;

/** Asks a model under a limit; resolves with the messages that reach it. */
async function sent(messages: readonly Message[], max_message_chars?: number, times = 1) {
  const requests: LlmRequest[] = [];
  const config = parseLlmConfig({ model: "m", ...(max_message_chars && { max_message_chars }) });
  const bare = {
    async complete(request: LlmRequest) {
      requests.push(request);
      const message: Message = { role: "assistant", content: [text("Hi.")] };
      return { message, id: "1", model: "m", usage: null, cost: 0, contextWindow: 0, latency: 0 };
    },
  };
  const llm = decorate(bare, config);
  for (let count = 0; count < times; count += 1) {
    await llm.complete({ messages, tools: [], signal: new AbortController().signal });
  }
  return requests.map((request) => request.messages);
}

const words = (message: Message | undefined) => textOf(message?.content ?? []);

const system: Message = { role: "system", content: [text(LONG)] };
const user: Message = { role: "user", content: [text(LONG), text("short")] };
const assistant: Message = { role: "assistant", content: [text(LONG)] };
const result: Message = { role: "tool", content: [text(LONG)], tool_call_id: "c", name: "t" };

describe("max_message_chars of a model", () => {
  it("cuts the middle out of long texts of users and tools, and of no others", async () => {
    const [messages] = await sent([system, user, assistant, result], 1_000);
    expect(messages?.map((message) => words(message).length)).toEqual([
      LONG.length,
      1_005,
      LONG.length,
      1_000,
    ]);
    expect(words(messages?.[3])).toMatch(/^begin x+\n\[… .* …\]\nx+ end$/);
    expect(messages?.[0]).toBe(system);
    expect(messages?.[2]).toBe(assistant);
  });

  it("cuts nothing where it is the usual one, which clients send to ask for nothing", async () => {
    for (const limit of [undefined, 30_000]) {
      const [messages] = await sent([user, result], limit);
      expect(messages).toEqual([user, result]);
    }
  });

  it("holds where it leaves no room for a note", async () => {
    const [messages] = await sent([user], 3);
    expect(messages?.[0]?.content).toEqual([text("beg"), text("sho")]);
  });

  it("gives a message the same form each time, so that providers know it again", async () => {
    const [first, second] = await sent([user], 1_000, 2);
    expect(first?.[0]).toBe(second?.[0]);
  });

  it("leaves the messages of the conversation as they are", async () => {
    await sent([user], 10);
    expect(words(user)).toBe(`${LONG}short`);
  });
});
