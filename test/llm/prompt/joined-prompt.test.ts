import { expect, it } from "vitest";
import { anthropicPromptWriter } from "../../../src/llm/anthropic-messages/to-anthropic-messages.ts";
import { resolveModel } from "../../../src/llm/model.ts";
import { chatMessageWriter } from "../../../src/llm/openai-chat/to-chat-messages.ts";
import { responseItemsWriter } from "../../../src/llm/openai-responses/to-response-items.ts";
import { JoinedPrompt } from "../../../src/llm/prompt/joined-prompt.ts";
import { llmConfig } from "../../../src/wire/agent/llm-config.ts";
import type { Message } from "../../../src/wire/events/message.ts";
import { assistantCalls, system, toolResult, user } from "../recorded-provider.ts";

/** Whole numbers below a bound, the same in every run. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % bound;
  };
}

const image = (url: string) => ({ type: "image" as const, cache_prompt: false, image_urls: [url] });

function message(next: (bound: number) => number): Message {
  const id = `c${next(1000)}`;
  const kinds: (() => Message)[] = [
    () => user(`Wörter ✓ ${id}`),
    () => user(""),
    () => assistantCalls([id, "terminal", `{"command":"${id}"}`]),
    () => ({ role: "assistant", content: [] }),
    () => toolResult(id, "terminal", "x".repeat(next(5000))),
    () => ({ ...toolResult(id, "view", "seen"), content: [image(`https://test/${id}.png`)] }),
    () => system(`More ${id}`),
  ];
  return (kinds[next(kinds.length)] as () => Message)();
}

const { capabilities } = resolveModel(
  llmConfig.parse({ model: "anthropic/claude-opus-4-8", api_key: "k" }),
  {},
);
const dialect = {
  capabilities,
  reasoningContent: false,
  plainText: true,
  thinkingBlocks: true,
  signedCalls: false,
  marksParts: false,
  callId: (id: string) => id,
};
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const WRITERS = {
  chat: () => {
    const write = chatMessageWriter(dialect);
    return (messages: readonly Message[]) => `[${decode(write(messages))}]`;
  },
  responses: () => {
    const write = responseItemsWriter(true);
    return (messages: readonly Message[]) => `[${decode(write(messages).input)}]`;
  },
  anthropic: () => {
    const write = anthropicPromptWriter(capabilities);
    return (messages: readonly Message[]) => {
      const prompt = write(messages);
      return `[${decode(prompt.messages)}${prompt.end}]`;
    };
  },
};

it.each(Object.entries(WRITERS))(
  "a prompt of %s is the same whatever was written before it",
  (_, createWriter) => {
    const next = numbers(42);
    const write = createWriter();
    let messages: Message[] = [system("You are an agent", "It is noon")];
    for (let step = 0; step < 300; step += 1) {
      const cut = next(12);
      if (cut === 0) messages = messages.slice(0, 1 + next(messages.length));
      else if (cut === 1) messages = messages.toSpliced(next(messages.length), 1);
      else messages = [...messages, ...Array.from({ length: next(4) }, () => message(next))];
      const written = write(messages);
      expect(written).toBe(createWriter()(messages));
      expect(Array.isArray(JSON.parse(written))).toBe(true);
    }
  },
);

it("what a prompt has in common with the one before is not written again", () => {
  const written: string[] = [];
  const prompt = new JoinedPrompt<string, number>({
    first: 0,
    isSame: (one, other) => one === other,
    write(piece, before) {
      written.push(piece);
      return { text: `${before}${piece} `, after: before + 1 };
    },
  });
  expect(decode(prompt.join(["a", "b"]).bytes)).toBe("0a 1b ");
  expect(decode(prompt.join(["a", "b", "c"]).bytes)).toBe("0a 1b 2c ");
  expect(decode(prompt.join(["a", "d"]).bytes)).toBe("0a 1d ");
  expect(written).toEqual(["a", "b", "c", "d"]);
});

it("a piece that cannot be written leaves nothing wrong behind", () => {
  let isBroken = true;
  const prompt = new JoinedPrompt<string, null>({
    first: null,
    isSame: (one, other) => one === other,
    write(piece) {
      if (piece === "b" && isBroken) throw new Error("broken");
      return { text: piece, after: null };
    },
  });
  expect(() => prompt.join(["a", "b"])).toThrow("broken");
  isBroken = false;
  expect(decode(prompt.join(["a", "b", "c"]).bytes)).toBe("abc");
  expect(prompt.join([])).toMatchObject({ after: null, bytes: { length: 0 } });
});
