import { expect, it } from "vitest";
import { maskedLlm } from "../../../../src/conversations/live/masking/masked-llm.ts";
import type { Llm } from "../../../../src/llm/llm.ts";
import { SECRET_MASK as HIDDEN, SecretMask } from "../../../../src/secrets/masking/secret-mask.ts";
import { say, scriptedLlm } from "../../../../src/testing/index.ts";
import type { Message } from "../../../../src/wire/events/message.ts";

const VALUE = "hush-token-e4418b";
const secrets = { mask: async () => SecretMask.of([VALUE]) };

async function replyOf(message: Partial<Message>): Promise<Message> {
  const { complete } = scriptedLlm([say("")]);
  const llm: Llm = {
    complete: async (request) => {
      const reply = await complete(request);
      return { ...reply, message: { ...reply.message, ...message } };
    },
  };
  const { signal } = new AbortController();
  return (await maskedLlm(llm, secrets).complete({ messages: [], tools: [], signal })).message;
}

it("leaves signed reasoning alone, which its provider would refuse, and hides values in other reasoning", async () => {
  const signed = { type: "thinking" as const, thinking: VALUE, signature: "signed" };
  const sealed = { type: "redacted_thinking" as const, data: VALUE };
  const item = { id: "rs_1", summary: [VALUE], content: null, encrypted_content: "sealed", status: null };
  const message = await replyOf({
    thinking_blocks: [signed, sealed, { ...signed, signature: null }],
    responses_reasoning_item: item,
    reasoning_content: VALUE,
  });
  expect(message.thinking_blocks).toEqual([signed, sealed, { ...signed, thinking: HIDDEN, signature: null }]);
  expect(message.responses_reasoning_item).toEqual(item);
  expect(message.reasoning_content).toBe(HIDDEN);
});

it("hides values in the words of finish and think, whose arguments stay valid JSON", async () => {
  const call = (name: string, args: string) => {
    return { id: "1", name, arguments: args, origin: "completion" as const, responses_item_id: null };
  };
  // The value begins with the letter of an escape.
  const words = JSON.stringify({ message: `\n${VALUE}` });
  const hidden = JSON.stringify({ message: `\n${HIDDEN}` });
  const { tool_calls: calls } = await replyOf({
    tool_calls: [call("finish", words), call("think", `not JSON ${VALUE}`), call("terminal", words)],
  });
  expect(calls?.map((each) => each.arguments)).toEqual([hidden, `not JSON ${HIDDEN}`, words]);
});

it("hides a value that came while the model was busy, in its reply and in its failure", async () => {
  let mask = SecretMask.empty;
  const busy = (end: () => ReturnType<Llm["complete"]>): Llm => ({
    complete: async () => {
      mask = SecretMask.of([VALUE]);
      return end();
    },
  });
  const { complete } = scriptedLlm([say(`It is ${VALUE}.`)]);
  const request = { messages: [], tools: [], signal: new AbortController().signal };
  const ask = (end: () => ReturnType<Llm["complete"]>) => {
    mask = SecretMask.empty;
    return maskedLlm(busy(end), { mask: async () => mask }).complete(request);
  };
  const { message } = await ask(() => complete(request));
  expect(message.content).toMatchObject([{ text: `It is ${HIDDEN}.` }]);
  await expect(ask(() => Promise.reject(new Error(`bad ${VALUE}`)))).rejects.toThrow(`bad ${HIDDEN}`);
});

it("asks no model once the call is aborted", async () => {
  const llm = scriptedLlm([say("Hello.")]);
  const abort = new AbortController();
  const masks = Promise.withResolvers<SecretMask>();
  const answer = maskedLlm(llm, { mask: () => masks.promise }).complete({
    messages: [],
    tools: [],
    signal: abort.signal,
  });
  abort.abort(new Error("stopped"));
  masks.resolve(SecretMask.empty);
  await expect(answer).rejects.toThrow("stopped");
  expect(llm.requests).toEqual([]);
});
