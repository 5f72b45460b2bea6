import { DEFAULT_MESSAGE_CHARS, type LlmConfig } from "../../wire/agent/llm-config.ts";
import type { Content, Message } from "../../wire/events/message.ts";
import { withComplete } from "../decorators/with-complete.ts";
import type { Llm } from "../llm.ts";

const OMISSION = "\n[… the middle was left out because it is too long …]\n";

/** Messages that others wrote than the model and the server. */
const CUT: ReadonlySet<Message["role"]> = new Set(["user", "tool"]);

/**
 * Cuts the middle out of texts of users and tools that are longer than the `max_message_chars` of a configuration. The
 * usual limit, which clients send to ask for nothing, cuts nothing.
 */
export function withMessageLimit(llm: Llm, { max_message_chars: limit }: LlmConfig): Llm {
  if (limit === DEFAULT_MESSAGE_CHARS) return llm;
  // Providers cache by identity.
  const known = new WeakMap<Message, Message>();
  const bounded = (message: Message): Message => {
    if (!CUT.has(message.role) || !message.content.some((part) => isLong(part, limit))) return message;
    const before = known.get(message);
    if (before !== undefined) return before;
    const cut = { ...message, content: message.content.map((part) => withoutMiddle(part, limit)) };
    known.set(message, cut);
    return cut;
  };
  return withComplete(llm, (request) =>
    llm.complete({ ...request, messages: request.messages.map(bounded) }),
  );
}

function isLong(part: Content, limit: number): boolean {
  return part.type === "text" && part.text.length > limit;
}

function withoutMiddle(part: Content, limit: number): Content {
  if (part.type !== "text" || part.text.length <= limit) return part;
  const kept = limit - OMISSION.length;
  if (kept <= 0) return { ...part, text: part.text.slice(0, limit) };
  const head = Math.ceil(kept / 2);
  return { ...part, text: part.text.slice(0, head) + OMISSION + part.text.slice(head - kept) };
}
