import { isObject } from "../../is-object.ts";
import type { MessageEvent } from "../../wire/events/events.ts";
import { type Message, message as messageSchema, text, textOf } from "../../wire/events/message.ts";
import type { MetaProfile } from "../../wire/settings/meta-profile.ts";

/** Messages of the conversation that a classifier reads. */
const RECENT = 6;
/** Characters of one of them. What a task is about stands at its beginning and its end. */
const MAX_MESSAGE = 20_000;

const ROLE = "You sort tasks, so that each goes to the language model that suits it.";

/** The model that a classifier has chosen. */
export interface Choice {
  /** Name of its LLM profile. */
  profile: string;
  /** The reason: the description of the class, or the name after `model: `. */
  chosenClass: string;
}

/** Shows the last messages of a conversation, one after the other, each with its source. */
export function transcriptOf(messages: readonly MessageEvent[]): string {
  const lines = messages.flatMap(({ source, llm_message }) => {
    const words = textOf(messageSchema.parse(llm_message).content, "\n").trim();
    return words === "" ? [] : [`${source}: ${withoutMiddle(words)}`];
  });
  return lines.slice(-RECENT).join("\n") || "(nothing was said yet)";
}

/**
 * Writes the question of a classifier. The task stands in the user's message: some providers refuse a prompt without
 * one.
 */
export function classifierPrompt(rules: MetaProfile, transcript: string): Message[] {
  const [system, user] =
    rules.prompt_template === null
      ? [classInstruction(rules), `The last messages:\n${transcript}\n\nThe number of the class:`]
      : [
          ROLE,
          filled(rules.prompt_template, { instance_text: transcript, model_table: rules.model_table ?? "" }),
        ];
  return [
    { role: "system", content: [text(system)] },
    { role: "user", content: [text(user)] },
  ];
}

/**
 * Reads the answer of a classifier; undefined for one that chooses nothing. `profiles` are the names it may choose
 * from.
 */
export function choiceIn(
  answer: string,
  rules: MetaProfile,
  profiles: readonly string[],
): Choice | undefined {
  if (rules.prompt_template !== null) {
    const profile = namedIn(answer, profiles);
    return profile === undefined ? undefined : { profile, chosenClass: `model: ${profile}` };
  }
  const number = Number(/-?\d+/.exec(answer)?.[0] ?? 0);
  const chosen = number >= 1 ? rules.classes[number - 1] : undefined;
  return chosen && { profile: chosen.model, chosenClass: chosen.description };
}

function classInstruction({ classes }: MetaProfile): string {
  const list = classes.map(({ description }, index) => `${index + 1}. ${description}`).join("\n");
  return `${ROLE}

Read the last messages of a conversation, and choose the one class that fits its present task best:
${list}

Answer with the number of that class and nothing else; with 0 if none of them plainly fits.`;
}

function filled(template: string, values: Readonly<Record<string, string>>): string {
  const blank = /\{\{\s*(instance_text|model_table)\s*\}\}/g;
  return template.replace(blank, (_blank, name: string) => values[name] ?? "").trim();
}

/**
 * Reads `{"model": …}`; an answer without it may name a profile anywhere. Longer names first: one may be in another.
 */
function namedIn(answer: string, profiles: readonly string[]): string | undefined {
  const stated = modelIn(answer);
  if (stated !== "") return profiles.find((name) => name.toLowerCase() === stated);
  const words = answer.toLowerCase();
  return [...profiles]
    .sort((one, other) => other.length - one.length)
    .find((name) => words.includes(name.toLowerCase()));
}

function modelIn(answer: string): string {
  const [first, last] = [answer.indexOf("{"), answer.lastIndexOf("}")];
  try {
    const value: unknown = JSON.parse(answer.slice(first, last + 1));
    return isObject(value) && value.model != null ? String(value.model).trim().toLowerCase() : "";
  } catch {
    return "";
  }
}

function withoutMiddle(words: string): string {
  if (words.length <= MAX_MESSAGE) return words;
  const half = MAX_MESSAGE / 2;
  return `${words.slice(0, half)}\n[… ${words.length - MAX_MESSAGE} characters …]\n${words.slice(-half)}`;
}
