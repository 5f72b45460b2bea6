import type {
  ActionEvent,
  AgentErrorEvent,
  MessageEvent,
  ObservationEvent,
  SystemPromptEvent,
  UserRejectObservation,
} from "../../wire/events/events.ts";
import {
  type Content,
  type Message,
  message as messageSchema,
  text,
  textOf,
} from "../../wire/events/message.ts";
import { observation as observationSchema } from "../../wire/events/observations.ts";
import { bounded, observationContent } from "./observation-content.ts";

/** An event that answers a tool call. */
export type ResultEvent = ObservationEvent | UserRejectObservation | AgentErrorEvent;

export function systemMessage(event: SystemPromptEvent): Message {
  const blocks = [event.system_prompt, ...(event.dynamic_context ? [event.dynamic_context] : [])];
  return { role: "system", content: blocks.map((block) => text(block.text)) };
}

export function messageOfEvent(event: MessageEvent): Message {
  const message = messageSchema.parse(event.llm_message);
  const extra = (event.extended_content ?? []).map((block) => text(block.text));
  return { ...message, content: [...message.content, ...extra] };
}

/** Makes the assistant message from which the calls of one reply came. */
export function assistantMessage(actions: readonly ActionEvent[]): Message {
  const [first] = actions;
  return {
    role: "assistant",
    content: (first?.thought ?? []).map((block) => text(block.text)),
    tool_calls: actions.map((action) => action.tool_call),
    reasoning_content: first?.reasoning_content ?? null,
    thinking_blocks: first?.thinking_blocks ?? [],
    responses_reasoning_item: first?.responses_reasoning_item ?? null,
  };
}

export function resultMessage(event: ResultEvent): Message {
  return {
    role: "tool",
    content: resultContent(event),
    name: event.tool_name,
    tool_call_id: event.tool_call_id,
  };
}

function resultContent(event: ResultEvent): Content[] {
  switch (event.kind) {
    case "AgentErrorEvent":
      return bounded([text(event.error)]);
    case "UserRejectObservation":
      return [text(`Action rejected: ${event.rejection_reason ?? "User rejected the action"}`)];
    case "ObservationEvent": {
      // Stored events have no keys that are null; the schema restores the defaults.
      const content = observationContent(observationSchema.parse(event.observation));
      return [...content, ...(event.extended_content ?? []).map((block) => text(block.text))];
    }
  }
}

/** Whether a message is a user turn that may be joined with another: providers want user and assistant to alternate. */
export function isPlainUser(message: Message | undefined): message is Message {
  return message?.role === "user" && !message.tool_calls && !message.tool_call_id && !message.name;
}

/** Whether an assistant turn has neither text nor calls. Providers reject these, also those with reasoning. */
export function isBlankAssistant(message: Message): boolean {
  return message.role === "assistant" && !message.tool_calls?.length && textOf(message.content).trim() === "";
}
