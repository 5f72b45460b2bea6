import { type Content, type Message, text } from "../../wire/events/message.ts";
import type { LlmRequest } from "../llm.ts";
import type { LlmError } from "../llm-error.ts";

/** Characters of a refusal that the model reads. */
const MAX_REASON = 300;

/** Parts of prompts that a provider refuses. */
export interface RefusedParts {
  /** Contents of messages, each with the note that replaces it. */
  contents: ReadonlyMap<Content, Content>;
  /** Names of tools. */
  tools: ReadonlySet<string>;
  /** Messages with the notes in them, made once because models cache by identity. */
  rewritten: WeakMap<Message, Message>;
}

/** The parts of a provider that refuses nothing yet. */
export function noRefusedParts(): RefusedParts {
  return { contents: new Map(), tools: new Set(), rewritten: new WeakMap() };
}

/** The facts when a prompt is refused. */
export interface Trial {
  /** The latest refusal. */
  refusal: LlmError;
  /** The parts that the refused prompt lacked already. */
  without: RefusedParts;
  /** Contents that were in a prompt which was accepted. */
  accepted: WeakSet<Content>;
  /** Contents that were new in a prompt which was refused. */
  refusedBefore: WeakSet<Content>;
}

/** The request without the refused parts. */
export function leaveOut(request: LlmRequest, refused: RefusedParts): LlmRequest {
  const { contents, tools } = refused;
  if (contents.size === 0 && tools.size === 0) return request;
  return {
    ...request,
    messages: request.messages.map((message) => withNotes(message, refused)),
    tools: tools.size === 0 ? request.tools : request.tools.filter(({ name }) => !tools.has(name)),
  };
}

/** All parts of two sets. */
export function join(one: RefusedParts, other: RefusedParts): RefusedParts {
  return {
    contents: new Map([...one.contents, ...other.contents]),
    tools: new Set([...one.tools, ...other.tools]),
    rewritten: new WeakMap(),
  };
}

/** Chooses the parts to leave out next; null when nothing is left to suspect. */
export function suspectsIn(request: LlmRequest, trial: Trial): RefusedParts | null {
  const { refusal, without, accepted, refusedBefore } = trial;
  const tool = toolNamedIn(refusal.message, request);
  if (tool !== undefined && !without.tools.has(tool)) return { ...noRefusedParts(), tools: new Set([tool]) };
  const sent = contentsOf(request).filter((content) => !without.contents.has(content));
  const fresh = sent.filter((content) => !accepted.has(content));
  for (const contents of [fresh, sent]) {
    const images = contents.filter(({ type }) => type === "image");
    if (images.length > 0) return replaced(images, "An image", refusal);
  }
  // A prompt that is too long does not become short enough for good without its newest message.
  if (refusal.name === "LLMContextWindowExceedError") return null;
  const repeated = fresh.filter((content) => refusedBefore.has(content));
  return repeated.length === 0 ? null : replaced(repeated, "A message", refusal);
}

/** The contents that may be refused. */
export function contentsOf({ messages }: LlmRequest): Content[] {
  return messages.filter(isSuspect).flatMap(({ content }) => content);
}

/** Whether a message may be refused: the model's own words and the system prompt are not. */
export function isSuspect({ role }: Message): boolean {
  return role === "user" || role === "tool";
}

function withNotes(message: Message, { contents: notes, rewritten }: RefusedParts): Message {
  if (!message.content.some((content) => notes.has(content))) return message;
  const content = message.content.map((part) => notes.get(part) ?? part);
  const noted = rewritten.get(message) ?? { ...message, content };
  rewritten.set(message, noted);
  return noted;
}

function replaced(contents: readonly Content[], what: string, { message }: LlmError): RefusedParts {
  const reason = message.slice(0, MAX_REASON);
  const note = text(
    `[${what} was left out, because the model's provider refuses it: ${reason}. Tell the user.]`,
  );
  return { ...noRefusedParts(), contents: new Map(contents.map((content) => [content, note])) };
}

/** Finds the tool that a refusal names, by name or by its place in the list. */
function toolNamedIn(refusal: string, { tools }: LlmRequest): string | undefined {
  const [, place] = /\btools[.[](\d+)/.exec(refusal) ?? [];
  if (place !== undefined) return tools[Number(place)]?.name;
  const [, name] = /\b(?:function|tool)\s+['"`]([\w-]+)['"`]/i.exec(refusal) ?? [];
  return tools.find((tool) => tool.name === name)?.name;
}
