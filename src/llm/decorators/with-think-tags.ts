import { type Message, text, textOf } from "../../wire/events/message.ts";
import type { Llm, LlmRequest } from "../llm.ts";
import { splitThinking, ThinkingSplitter } from "../reply/think-tags.ts";
import { withComplete } from "./with-complete.ts";

/**
 * Turns reasoning that a model writes into its text, between think tags, into reasoning of the reply and its deltas.
 */
export function withThinkTags(llm: Llm): Llm {
  return withComplete(llm, async (request) => {
    const { onDelta } = request;
    if (onDelta === undefined) return withoutTags(await llm.complete(request));
    const splitter = new ThinkingSplitter();
    const reply = await llm.complete({ ...request, onDelta: splitDeltas(splitter, onDelta) });
    for (const delta of splitter.end()) onDelta(delta);
    return withoutTags(reply);
  });
}

function splitDeltas(
  splitter: ThinkingSplitter,
  onDelta: NonNullable<LlmRequest["onDelta"]>,
): NonNullable<LlmRequest["onDelta"]> {
  return ({ content, reasoning_content: reasoning, ...place }) => {
    if (reasoning !== undefined) onDelta({ reasoning_content: reasoning, ...place });
    if (content === undefined) return;
    for (const delta of splitter.add(content)) onDelta({ ...delta, ...place });
  };
}

function withoutTags<Reply extends { message: Message }>(reply: Reply): Reply {
  const { message } = reply;
  const { thought, answer } = splitThinking(textOf(message.content));
  if (thought === "" && answer === textOf(message.content)) return reply;
  const reasoning = [message.reasoning_content, thought].filter(Boolean).join("\n");
  return {
    ...reply,
    message: {
      ...message,
      content: answer === "" ? [] : [text(answer)],
      reasoning_content: reasoning || null,
    },
  };
}
