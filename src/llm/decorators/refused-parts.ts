import { type Message, text } from "../../wire/events/message.ts";
import type { LlmRequest } from "../llm.ts";
import type { LlmError } from "../llm-error.ts";

/** Characters of a refusal that the model reads. */
const MAX_REASON = 300;
const NOTE = "[This was left out: the model's provider refused it";

/** Parts of prompts that a provider refuses. */
export interface RefusedParts {
  /** Messages with their replacements. */
  messages: ReadonlyMap<Message, Message>;
  /** Names of tools. */
  tools: ReadonlySet<string>;
}

/** The request without the refused parts. */
export function leaveOut(request: LlmRequest, { messages, tools }: RefusedParts): LlmRequest {
  if (messages.size === 0 && tools.size === 0) return request;
  return {
    ...request,
    messages: request.messages.map((message) => messages.get(message) ?? message),
    tools: tools.size === 0 ? request.tools : request.tools.filter(({ name }) => !tools.has(name)),
  };
}

/** All parts of two sets; the second one wins. */
export function join(one: RefusedParts, other: RefusedParts): RefusedParts {
  return {
    messages: new Map([...one.messages, ...other.messages]),
    tools: new Set([...one.tools, ...other.tools]),
  };
}

/** The facts when a prompt is refused. */
export interface Trial {
  /** The latest refusal. */
  refusal: LlmError;
  /** The parts that the refused prompt lacked already. */
  without: RefusedParts;
  /** Messages of prompts that were accepted. */
  accepted: WeakSet<Message>;
}

/** Chooses the parts to leave out next; null when nothing is left to suspect. */
export function suspectsIn(request: LlmRequest, { refusal, without, accepted }: Trial): RefusedParts | null {
  const sent = request.messages.filter((message) => !without.messages.has(message));
  const fresh = sent.filter((message) => !accepted.has(message));
  const tool = toolNamedIn(refusal.message, request);
  if (tool !== undefined && !without.tools.has(tool)) return { messages: new Map(), tools: new Set([tool]) };
  const reason = refusal.message.slice(0, MAX_REASON);
  for (const messages of [fresh, sent]) {
    const withImages = messages.filter(hasImage);
    if (withImages.length > 0) return replaced(withImages, (message) => withoutImages(message, reason));
  }
  // Leaving out the newest message does not make a prompt short enough for good.
  if (refusal.name === "LLMContextWindowExceedError") return null;
  const unread = request.messages.filter(
    (message) => isAnswerable(message) && !accepted.has(message) && !isNote(without.messages.get(message)),
  );
  return unread.length === 0 ? null : replaced(unread, (message) => noteFor(message, reason));
}

function replaced(messages: readonly Message[], change: (message: Message) => Message): RefusedParts {
  return { messages: new Map(messages.map((message) => [message, change(message)])), tools: new Set() };
}

/** Finds the tool that a refusal names, by name or by its place in the list. */
function toolNamedIn(refusal: string, { tools }: LlmRequest): string | undefined {
  const [, place] = /\btools[.[](\d+)/.exec(refusal) ?? [];
  if (place !== undefined) return tools[Number(place)]?.name;
  const [, name] = /\b(?:function|tool)\s+['"`]([\w-]+)['"`]/i.exec(refusal) ?? [];
  return tools.find((tool) => tool.name === name)?.name;
}

function hasImage({ content }: Message): boolean {
  return content.some((part) => part.type === "image");
}

function withoutImages(message: Message, reason: string): Message {
  const note = text(`[An image was left out: the model's provider refused it: ${reason}]`);
  return { ...message, content: message.content.map((part) => (part.type === "image" ? note : part)) };
}

function isAnswerable({ role }: Message): boolean {
  return role === "user" || role === "tool";
}

function noteFor(message: Message, reason: string): Message {
  return { ...message, content: [text(`${NOTE}: ${reason}. Tell the user.]`)] };
}

function isNote(message: Message | undefined): boolean {
  const [part] = message?.content ?? [];
  return part?.type === "text" && part.text.startsWith(NOTE);
}
