import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { LlmError } from "../../../src/llm/llm-error.ts";
import { message as messageSchema } from "../../../src/wire/events/message.ts";
import { model, recordedProvider } from "../recorded-provider.ts";

interface Protocol {
  model: string;
  whole: object;
  frames: readonly object[];
}

const chatCall = { index: 0, id: "c1", type: "function", function: { name: "think", arguments: "{}" } };
const chatUsage = { prompt_tokens: 9, completion_tokens: 4, prompt_tokens_details: { cached_tokens: 1 } };
const chat = (choice: object) => ({
  id: "x",
  model: "m",
  choices: [{ index: 0, ...choice }],
  usage: chatUsage,
});
const chatMessage = { role: "assistant", content: "Hi", reasoning_content: "Hm", tool_calls: [chatCall] };

const items = [
  { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm" }] },
  { type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text: "Hi" }] },
  { type: "function_call", id: "fc_1", call_id: "c1", name: "think", arguments: "{}" },
];
const response = {
  id: "resp_1",
  model: "m",
  status: "completed",
  output: items,
  usage: { input_tokens: 9, output_tokens: 4, input_tokens_details: { cached_tokens: 1 } },
};

const blocks = [
  { type: "thinking", thinking: "Hm", signature: "s" },
  { type: "text", text: "Hi" },
  { type: "tool_use", id: "t1", name: "think", input: {} },
];
const claude = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content: blocks,
  stop_reason: "tool_use",
  usage: { input_tokens: 9, output_tokens: 4 },
};

const PROTOCOLS: readonly Protocol[] = [
  {
    model: "openai/gpt-4o",
    whole: chat({ finish_reason: "tool_calls", message: chatMessage }),
    frames: [
      chat({ finish_reason: null, delta: chatMessage }),
      chat({ finish_reason: "tool_calls", delta: {} }),
    ],
  },
  {
    model: "openai/gpt-5.5",
    whole: response,
    frames: [
      { type: "response.output_text.delta", delta: "Hi" },
      { type: "response.output_item.done", output_index: 0, item: items[1] },
      { type: "response.completed", response },
    ],
  },
  {
    model: "anthropic/claude-sonnet-4-5",
    whole: claude,
    frames: [
      { type: "message_start", message: { ...claude, content: [] } },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hi" } },
      { type: "content_block_start", index: 1, content_block: blocks[2] },
      { type: "content_block_delta", index: 1, delta: { type: "input_json_delta", partial_json: "{}" } },
      { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 4 } },
      { type: "message_stop" },
    ],
  },
];

const WRONG = [null, 5, "x", true, [], {}, [null], [5], { a: null }];

/** Every copy of a value in which one part has another form. */
function* damaged(value: unknown): Generator<unknown> {
  yield* WRONG;
  if (typeof value !== "object" || value === null) return;
  for (const key of Object.keys(value)) {
    for (const wrong of damaged((value as Record<string, unknown>)[key])) {
      yield Array.isArray(value)
        ? value.map((item, index) => (String(index) === key ? wrong : item))
        : { ...value, [key]: wrong };
    }
  }
}

/** A provider whose next answer a test sets with `say`. */
async function lyingProvider() {
  let answer = { type: "", body: "" };
  const server = createServer((request, reply) => {
    request.resume().on("end", () => reply.writeHead(200, { "content-type": answer.type }).end(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    say: (type: string, body: string) => {
      answer = { type, body };
    },
  };
}

/** The outcome of a call: "reply" for a well-formed one, or the name of the error. */
async function outcome(asked: Promise<{ message: unknown; usage: unknown }>): Promise<string> {
  try {
    const { message, usage } = await asked;
    messageSchema.parse(message);
    for (const count of Object.values(usage ?? {})) expect(Number.isSafeInteger(count)).toBe(true);
    return "reply";
  } catch (error) {
    if (!LlmError.is(error)) throw error;
    expect(error.message).not.toMatch(/is not (iterable|a function)|Cannot (read|destructure|convert)/);
    return error.name;
  }
}

describe.each(PROTOCOLS)(
  "a reply of $model with a part of another form",
  ({ model: name, whole, frames }) => {
    const fine = ["reply", "LLMServiceUnavailableError", "LLMNoResponseError"];

    it("is read as far as it goes, or is an error that is worth another attempt", async () => {
      const provider = await lyingProvider();
      const { ask } = model({ model: name, base_url: provider.url });
      const outcomes = new Set<string>();
      for (const body of damaged(whole)) {
        provider.say("application/json", JSON.stringify(body));
        outcomes.add(await outcome(ask()));
      }
      expect([...outcomes].filter((each) => !fine.includes(each))).toEqual([]);
      expect(outcomes).toContain("reply");
    });

    it("is so in a stream too", async () => {
      const provider = await lyingProvider();
      const { ask } = model({ model: name, base_url: provider.url, stream: true });
      const outcomes = new Set<string>();
      for (const bodies of damaged(frames)) {
        const sent = Array.isArray(bodies) ? bodies : [bodies];
        provider.say("text/event-stream", sent.map((body) => `data: ${JSON.stringify(body)}\n\n`).join(""));
        outcomes.add(await outcome(ask()));
      }
      expect([...outcomes].filter((each) => !fine.includes(each))).toEqual([]);
      expect(outcomes).toContain("reply");
    });

    it.each(["", "{", "[]", "null", "Good day", '{"choices":'])("is not a reply: %j", async (body) => {
      const provider = await recordedProvider({ body }, { body: whole });
      const { ask, waits } = model({ model: name, base_url: provider.url, num_retries: 2 });
      expect(await outcome(ask())).toBe("reply");
      expect(waits).toHaveLength(1);
    });

    it("is a web page, which says that base_url is wrong", async () => {
      const headers = { "content-type": "text/html; charset=utf-8" };
      const provider = await recordedProvider({ headers, body: "<!doctype html><p>Welcome</p>" });
      for (const stream of [false, true]) {
        const { ask } = model({ model: name, base_url: provider.url, stream, num_retries: 5 });
        await expect(ask()).rejects.toMatchObject({ name: "LLMBadRequestError", retryable: false });
        await expect(ask()).rejects.toThrow("the answer is a web page, not a model's reply: check base_url");
      }
    });

    it("comes whole although a stream was asked for", async () => {
      const provider = await recordedProvider({ body: whole });
      const { ask } = model({ model: name, base_url: provider.url, stream: true });
      expect((await ask()).message.content).toMatchObject([{ text: "Hi" }]);
    });
  },
);
