import type { ActionEvent } from "../../wire/events/events.ts";

/** Maximum number of characters that are searched: of what an action executes, and of what it says. */
const MAX_TEXT = 30_000;

/** Characters without a shape. They can hide words from a search. */
const INVISIBLE = /(?![\t\n\r])\p{Cc}|\p{Cf}|\p{Default_Ignorable_Code_Point}|\u2800/gu;

/** Texts that an action executes: every text of its arguments, then the names of the tool. */
export function executedTexts(action: ActionEvent): string[] {
  return bounded([...argumentTexts(action.tool_call.arguments), action.tool_name, action.tool_call.name]);
}

/** Texts that the model says about an action. The summary is first, so that long reasoning cannot displace it. */
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
  const texts: string[] = [];
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string") texts.push(next);
    else if (typeof next === "object" && next !== null) open.push(...Object.values(next).reverse());
  }
  return texts;
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
 * Normalizes a text to what a reader would see: full-width letters become narrow, hidden characters are removed, white
 * space becomes single. Line breaks stay, because each line may be a command.
 */
function normalize(text: string): string {
  const visible = text.replace(INVISIBLE, "").normalize("NFKC");
  return visible.replace(/\s+/g, (space) => (space.includes("\n") ? "\n" : " ")).trim();
}

/** Joins texts into one line, for searches that a line break must not defeat. */
export function oneLine(texts: readonly string[]): string {
  return texts.join(" ").replaceAll("\n", " ");
}
