import type { Message } from "../../wire/events/message.ts";

/**
 * Finds the messages that end a part of the prompt worth caching, each with the index of the content part to mark: the
 * first part of the system prompt, which never changes, and the last part (-1) of the newest turn.
 */
export function cacheMarks(messages: readonly Message[]): Map<Message, number> {
  const marks = new Map<Message, number>();
  const system = messages.find((message) => message.role === "system");
  if (system !== undefined) marks.set(system, 0);
  const newest = messages.findLast((message) => message.role === "user" || message.role === "tool");
  if (newest !== undefined) marks.set(newest, -1);
  return marks;
}
