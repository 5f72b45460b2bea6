import type { Content, Message } from "../../wire/events/message.ts";

/** Marks of one prompt. Anthropic refuses a request with more. */
const MAX_MARKS = 4;

/** The parts of a message to mark. A message of a tool is marked as a whole, also where it has no parts. */
export type MarkedParts = readonly Content[];

/** Finds the marks of a prompt. `vision` says whether images are sent. */
export type CacheMarker = (messages: readonly Message[], vision: boolean) => Map<Message, MarkedParts>;

/**
 * Returns a function that finds the messages that end a part of the prompt worth caching, each with its parts to mark:
 * the first part of the system prompt, which never changes, the last part of the newest turn, and the newest of those
 * that the client has marked (`cache_prompt`), as many as the provider allows. A message is looked through once,
 * however often it is sent.
 */
export function cacheMarker(): CacheMarker {
  const looked = new WeakMap<Message, MarkedParts>();
  return (messages, vision) => cacheMarks(messages, { vision, looked });
}

interface Looking {
  vision: boolean;
  /** The parts that the client has marked, by message. */
  looked: WeakMap<Message, MarkedParts>;
}

function cacheMarks(messages: readonly Message[], { vision, looked }: Looking): Map<Message, MarkedParts> {
  const marks = new Map<Message, MarkedParts>();
  const system = messages.find((message) => message.role === "system");
  if (system !== undefined) marks.set(system, system.content.slice(0, 1));
  const newest = messages.findLast((message) => message.role === "user" || message.role === "tool");
  if (newest !== undefined)
    marks.set(newest, newest.content.filter((part) => isSent(part, vision)).slice(-1));
  let left = MAX_MARKS - marks.size;
  for (let index = messages.length - 1; index >= 0 && left > 0; index -= 1) {
    const message = messages[index] as Message;
    const parts = requested(message, marks.get(message), { vision, looked }).slice(-left);
    if (parts.length === 0) continue;
    marks.set(message, [...parts, ...(marks.get(message) ?? [])]);
    left -= parts.length;
  }
  return marks;
}

/** The parts that the client has marked and that have no mark yet. */
function requested(
  message: Message,
  marked: MarkedParts | undefined,
  { vision, looked }: Looking,
): MarkedParts {
  const { role } = message;
  // The parts of the system prompt are marked above: those after the first differ between conversations.
  if (role === "system" || (role === "tool" && marked !== undefined)) return [];
  const asked = looked.get(message) ?? message.content.filter((part) => part.cache_prompt);
  looked.set(message, asked);
  const parts = asked.filter((part) => isSent(part, vision) && !(marked ?? []).includes(part));
  return role === "tool" ? parts.slice(-1) : parts;
}

function isSent(part: Content, vision: boolean): boolean {
  return part.type === "text" ? part.text.trim() !== "" : vision && part.image_urls.length > 0;
}

/** Whether a message with these marks is written as it is with the others. */
export function isMarkedAlike(one: MarkedParts | undefined, other: MarkedParts | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  return one.every((part, index) => part === other[index]);
}
