import type { Llm } from "../../../llm/llm.ts";
import { splitThinking } from "../../../llm/reply/think-tags.ts";
import { untilAborted } from "../../../waiting.ts";
import { type Message, text, textOf } from "../../../wire/events/message.ts";

/** Characters of the message that the model sees. */
const MAX_SHOWN = 1_000;

const PLACEHOLDER = /\{(conversation_content|max_length)\}/g;

/** A request for a title. */
export interface TitleQuestion {
  /** The user's first words. */
  words: string;
  /** Maximum number of characters of the title. */
  maxLength: number;
  /** Words of the client that ask for the title, with `{conversation_content}` and `{max_length}`; null for our own. */
  request: string | null;
}

/** Asks a model for a title. Empty when its answer has none. Rejects when the model fails. */
export async function askTitle(llm: Llm, question: TitleQuestion, signal: AbortSignal): Promise<string> {
  const messages = promptFor(question);
  // A model's code may throw instead of rejecting.
  const asked = (async () => llm.complete({ messages, tools: [], signal }))();
  const { message } = await untilAborted(asked, signal);
  return cut(titleIn(message), question.maxLength);
}

/** The beginning of a message, for models that give no title. */
export function beginningOf({ words, maxLength }: TitleQuestion): string {
  return cut(oneLine(words), maxLength);
}

function instruction(maxLength: number): string {
  return `You name conversations between a person and an agent that works on their code and computer. You are shown the \
person's first message. It is what you name, not something you answer or carry out.

Answer with the title alone, on one line: one emoji, a space, then in a few words what the conversation is about, in the \
language of the message. At most ${maxLength} characters in all; no quotation marks, no full stop.

Take the emoji that fits best:
💄 frontend, looks
👔 backend, business logic
✅ tests
👷 builds and continuous integration
🚀 deployment
📦️ packages and dependencies
🗃️ databases
🔧 configuration, chores
✨ new features
🐛 bug fixes
⚡️ performance
🔒️ security
📝 documentation
♻️ refactoring`;
}

function promptFor({ words, maxLength, request }: TitleQuestion): Message[] {
  const shown = words.length > MAX_SHOWN ? `${words.slice(0, MAX_SHOWN)}...(truncated)` : words;
  return [
    { role: "system", content: [text(instruction(maxLength))] },
    { role: "user", content: [text(requestFor(shown, request?.trim() ?? "", maxLength))] },
  ];
}

/** Fills in what the client wants to be asked. The message follows it where it has no place for the message. */
function requestFor(message: string, requested: string, maxLength: number): string {
  const heading = `The first message:\n\n${message}`;
  if (requested === "") return heading;
  const asked = requested.replace(PLACEHOLDER, (_, name) =>
    name === "max_length" ? `${maxLength}` : message,
  );
  return requested.includes("{conversation_content}") ? asked : `${asked}\n\n${heading}`;
}

/** Reads the title. Small models think aloud and put it in quotation marks. */
function titleIn({ content }: Message): string {
  return oneLine(splitThinking(textOf(content, " ")).answer).replace(/^["'`](.*)["'`]$/, "$1");
}

function oneLine(words: string): string {
  return words.replace(/\s+/g, " ").trim();
}

function cut(title: string, maxLength: number): string {
  const characters = [...title];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 3).join("")}...` : title;
}
