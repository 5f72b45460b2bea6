import type { Event } from "../wire/events/events.ts";
import { message as messageSchema, textOf } from "../wire/events/message.ts";

/** The message of the newest finish call or the text of the newest agent message, whichever is newer; else "". */
export function agentFinalResponse(newestFirst: Iterable<Event>): string {
  for (const event of newestFirst) {
    if (event.source !== "agent") continue;
    if (event.kind === "ActionEvent" && event.tool_name === "finish") return finishMessage(event.action);
    if (event.kind === "MessageEvent") return textOf(messageSchema.parse(event.llm_message).content);
  }
  return "";
}

function finishMessage(action: unknown): string {
  if (typeof action !== "object" || action === null || !("message" in action)) return "";
  return typeof action.message === "string" ? action.message : "";
}
