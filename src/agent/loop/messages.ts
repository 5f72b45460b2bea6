import type { LlmReply } from "../../llm/llm.ts";
import type { MessageEvent, NewEvent } from "../../wire/events/events.ts";
import { type Message, text } from "../../wire/events/message.ts";

type NewMessageEvent = Extract<NewEvent, { kind: "MessageEvent" }>;

/** Makes the message event of a reply without tool calls. */
export function agentMessage(reply: LlmReply, id: string): NewMessageEvent {
  return { ...messageEvent("agent", reply.message, { llm_response_id: reply.id }), id };
}

/** Makes a message in the agent's name that no model wrote. */
export function agentSays(words: string): NewMessageEvent {
  return messageEvent("agent", { role: "assistant", content: [text(words)] });
}

/** Makes a message of the loop to the model. Its role is user: providers have no other role for it. */
export function tellModel(source: MessageEvent["source"], words: string): NewMessageEvent {
  return messageEvent(source, { role: "user", content: [text(words)] });
}

/** Fills in every default, as clients expect it. */
function messageEvent(
  source: MessageEvent["source"],
  message: Message,
  origin: { llm_response_id?: string } = {},
): NewMessageEvent {
  return {
    kind: "MessageEvent",
    source,
    llm_message: { thinking_blocks: [], ...message },
    ...origin,
    activated_skills: [],
    extended_content: [],
  };
}
