import type { ActionEvent } from "../../wire/events/events.ts";

/** Characters of an action that are looked at, for what it does and for what it says each. */
const MAX_TEXT = 30_000;

/** Characters that show nothing and only serve to hide words from a search. */
const INVISIBLE = /(?![\t\n\r])\p{Cc}|\p{Cf}|\p{Default_Ignorable_Code_Point}|\u2800/gu;

/** What an action does: every text among its arguments, then the names of the tool. */
export function executedTexts(action: ActionEvent): string[] {
  return bounded([...argumentTexts(action.tool_call.arguments), action.tool_name, action.tool_call.name]);
}

/** What the model says about it: summary first, so that long reasoning cannot push it out of sight. */
export function spokenTexts(action: ActionEvent): string[] {
  const thoughts = action.thought.map((block) => block.text);
  return bounded([action.summary ?? "", action.reasoning_content ?? "", ...thoughts]);
}

function argumentTexts(raw: string): string[] {
  try {
    return leaves(JSON.parse(raw));
  } catch {
    return [raw];
  }
}

function leaves(value: unknown): string[] {
  const found: string[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") found.push(next);
    else if (typeof next === "object" && next !== null) open.push(...Object.values(next).reverse());
  }
  return found;
}

function bounded(texts: readonly string[]): string[] {
  const kept: string[] = [];
  let left = MAX_TEXT;
  for (const text of texts) {
    if (text === "" || left <= 0) continue;
    kept.push(normalize(text.slice(0, left)));
    left -= text.length + 1;
  }
  return kept;
}

/**
 * The text as a reader would see it: full-width letters narrow, hidden characters gone, white space single.
 * Lines stay apart, because they are commands of their own.
 */
function normalize(text: string): string {
  const visible = text.replace(INVISIBLE, "").normalize("NFKC");
  return visible.replace(/\s+/g, (space) => (space.includes("\n") ? "\n" : " ")).trim();
}

/** For searches that must not be led astray by a line break. */
export function oneLine(texts: readonly string[]): string {
  return texts.join(" ").replaceAll("\n", " ");
}
