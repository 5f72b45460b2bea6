import type { LlmDelta } from "../llm.ts";

const OPEN = "<think>";
const CLOSE = "</think>";
/** Characters held back at the start of a reply, where only white space has arrived. */
const MAX_HELD = 1_000;

/** A text in its two parts. */
export interface ThoughtAndAnswer {
  thought: string;
  answer: string;
}

/**
 * Takes the reasoning off the start of a text, which some models write between `<think>` and `</think>`. Text that is
 * cut off before the closing tag is reasoning. So is everything before a closing tag without an opening one, which
 * models write whose prompt template holds the opening tag. Tags inside of code are part of the answer.
 */
export function splitThinking(text: string): ThoughtAndAnswer {
  const thoughts: string[] = [];
  let rest = text;
  for (let open = openingTag(rest); open !== null; open = openingTag(rest)) {
    const close = rest.indexOf(CLOSE, open.length);
    thoughts.push(rest.slice(open.length, close < 0 ? rest.length : close));
    rest = close < 0 ? "" : rest.slice(close + CLOSE.length);
  }
  if (thoughts.length > 0) return { thought: joined(thoughts), answer: rest.trimStart() };
  const close = closingTagAlone(text);
  if (close < 0) return { thought: "", answer: text };
  return { thought: text.slice(0, close).trim(), answer: text.slice(close + CLOSE.length).trimStart() };
}

/** The opening tag with the white space before it; null when the text starts otherwise. */
function openingTag(text: string): string | null {
  return /^\s*<think>/.exec(text)?.[0] ?? null;
}

/** The place of a closing tag that no opening tag precedes; -1 without one. */
function closingTagAlone(text: string): number {
  const close = text.indexOf(CLOSE);
  if (close < 0) return -1;
  const before = text.slice(0, close);
  const isCode = /[`"']$/.test(before) || before.split("```").length % 2 === 0;
  return isCode || before.includes(OPEN) ? -1 : close;
}

function joined(thoughts: readonly string[]): string {
  return thoughts
    .map((thought) => thought.trim())
    .filter(Boolean)
    .join("\n");
}

/**
 * Splits a text like `splitThinking` while it arrives. A closing tag without an opening one is recognised at the end
 * only.
 */
export class ThinkingSplitter {
  #state: "start" | "thinking" | "answer" = "start";
  #hasThought = false;
  /** Text that may be the beginning of a tag. */
  #held = "";

  /** Returns the deltas that a piece of text stands for. */
  add(piece: string): LlmDelta[] {
    const deltas: LlmDelta[] = [];
    let text = this.#held + piece;
    this.#held = "";
    while (text !== "") {
      if (this.#state === "answer") {
        deltas.push({ content: text });
        break;
      }
      text = this.#state === "start" ? this.#readStart(text) : this.#readThought(text, deltas);
    }
    return deltas;
  }

  /** Returns the delta of the text that is still held back when the reply ends. */
  end(): LlmDelta[] {
    const held = this.#held;
    this.#held = "";
    if (held === "") return [];
    return [this.#state === "thinking" ? { reasoning_content: held } : { content: held }];
  }

  /** Reads up to the first sign of an answer and returns the rest of the text. */
  #readStart(text: string): string {
    const start = text.trimStart();
    if (start.startsWith(OPEN)) {
      this.#state = "thinking";
      this.#hasThought = true;
      return start.slice(OPEN.length);
    }
    if (OPEN.startsWith(start) && text.length < MAX_HELD) {
      this.#held = text;
      return "";
    }
    this.#state = "answer";
    return this.#hasThought ? start : text;
  }

  /** Reads up to the closing tag and returns the rest of the text. */
  #readThought(text: string, deltas: LlmDelta[]): string {
    const close = text.indexOf(CLOSE);
    const end = close < 0 ? text.length - heldBack(text, CLOSE) : close;
    if (end > 0) deltas.push({ reasoning_content: text.slice(0, end) });
    if (close < 0) {
      this.#held = text.slice(end);
      return "";
    }
    this.#state = "start";
    return text.slice(close + CLOSE.length).trimStart();
  }
}

/** Length of the longest end of a text that is a beginning of the tag. */
function heldBack(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1) {
    if (tag.startsWith(text.slice(-length))) return length;
  }
  return 0;
}
