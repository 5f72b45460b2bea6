import { AgentServerError } from "../../errors.ts";
import type { MessageEvent, NewEvent } from "../../wire/events/events.ts";
import type { Content, SendMessageRequest } from "../../wire/events/message.ts";

/** Throws `unprocessable` for any role but user. */
export function checkRole({ role }: Pick<SendMessageRequest, "role">): void {
  if (role === "user") return;
  throw new AgentServerError("unprocessable", "Only user messages are allowed to be sent to the agent.");
}

export function userMessage(id: string, content: Content[]): Extract<NewEvent, Pick<MessageEvent, "kind">> {
  return {
    kind: "MessageEvent",
    id,
    source: "user",
    llm_message: { role: "user", content, thinking_blocks: [] },
    activated_skills: [],
    extended_content: [],
  };
}
