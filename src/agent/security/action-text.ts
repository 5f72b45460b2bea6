import type { ActionEvent } from "../../wire/events/events.ts";
import { parseLenientJson } from "../calls/tool-arguments.ts";

/** Maximum number of characters that are searched: of what an action executes, and of what it says. */
const MAX_TEXT = 30_000;

/** Characters that a reader does not see and that can hide words from a search. */
const INVISIBLE =
  /(?![\t\n\r])\p{Cc}|\p{Cf}|\p{Default_Ignorable_Code_Point}|[\u1680\u2009\u200a\u2800\ufffc]/gu;

/** The texts of one action that are searched. */
export interface ActionTexts {
  texts: readonly string[];
  /** Whether there was more than is searched. */
  isCut: boolean;
}

/** Texts that an action executes: every text of its arguments, then the names of the tool. */
export function executedTexts({ tool_call, tool_name }: ActionEvent): ActionTexts {
  return bounded([...argumentTexts(tool_call.arguments), tool_name, tool_call.name]);
}

/** Texts that the model says about an action. The summary is first, so that long reasoning cannot displace it. */
export function spokenTexts(action: ActionEvent): ActionTexts {
  const thoughts = action.thought.map((block) => block.text);
  return bounded([action.summary ?? "", action.reasoning_content ?? "", ...thoughts]);
}

/** Reads arguments as the call does. What is no JSON is one text. */
function argumentTexts(raw: string): string[] {
  try {
    return leaves(parseLenientJson(raw));
  } catch {
    return [raw];
  }
}

function leaves(value: unknown): string[] {
  const texts: string[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") texts.push(next);
    else if (typeof next === "object" && next !== null) open.push(...Object.values(next).reverse());
  }
  return texts;
}

/** Takes texts up to the maximum, counted in code points with one space between two texts. */
function bounded(all: readonly string[]): ActionTexts {
  const texts: string[] = [];
  let left = MAX_TEXT;
  let isCut = false;
  for (const text of all) {
    if (text === "") continue;
    const room = left - (texts.length > 0 ? 1 : 0);
    const kept = firstCharacters(text, room);
    isCut ||= kept.length < text.length;
    if (kept.length === 0) continue;
    texts.push(kept);
    left = room - [...kept].length;
  }
  return { texts, isCut };
}

function firstCharacters(text: string, count: number): string {
  if (count <= 0) return "";
  if (text.length <= count) return text;
  return [...text.slice(0, 2 * count)].slice(0, count).join("");
}

/**
 * Joins texts to what a reader would see: full-width letters become narrow, hidden characters are removed, white space
 * becomes single spaces.
 */
export function visibleText(texts: readonly string[]): string {
  return texts.join(" ").replace(INVISIBLE, "").normalize("NFKC").replace(/\s+/g, " ");
}
