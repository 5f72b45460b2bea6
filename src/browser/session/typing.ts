import type { Page } from "playwright-core";
import { BrowserFailure } from "../failure.ts";
import { chooseOption, focusField, setField } from "../page/element-actions.ts";
import type { FoundElement } from "./elements.ts";

const MAX_TEXT = 100_000;
/** Characters up to which every key is pressed. More is put in at once, as from a clipboard. */
const MAX_KEYS = 200;
/** Fields that show a picker. */
const PICKERS = new Set(["date", "datetime-local", "month", "week", "time", "color", "range"]);
const SWITCHES = new Set(["checkbox", "radio", "submit", "button", "reset", "image"]);

export interface TypingPlace {
  page: Page;
  /** Copies files of the workspace to this machine. Resolves to their paths. */
  upload(paths: string): Promise<string[]>;
}

/** Fills a field, whatever its kind. Returns what was done, in words. */
export async function typeInto(element: FoundElement, text: string, place: TypingPlace): Promise<string> {
  const { world, index, tag, type } = element;
  if (text.length > MAX_TEXT) throw new BrowserFailure(`text: is longer than ${MAX_TEXT} characters.`);
  if (element.isDisabled) throw new BrowserFailure(`Element ${index} is disabled.`);
  if (tag === "select") return choose(element, text);
  if (type === "file") {
    const files = await place.upload(text);
    if (!(await world.setFiles(index, files))) throw gone(index);
    return `Gave ${files.length === 1 ? "the file" : `${files.length} files`} to element ${index}.`;
  }
  if (SWITCHES.has(type)) throw new BrowserFailure(`Element ${index} takes no text; use browser_click.`);
  if (PICKERS.has(type)) {
    if (await world.run(setField, { index, value: text.trim() })) return `Set element ${index}.`;
    throw new BrowserFailure(
      `Element ${index} is a field for a ${type} and does not take ${JSON.stringify(text.slice(0, 50))}.`,
    );
  }
  if (!element.isEditable || !(await world.run(focusField, index))) {
    throw new BrowserFailure(`Element ${index}, <${tag}>, is not a field that can be typed into.`);
  }
  await press(place.page, text);
  return `Typed ${text.length} characters into element ${index}.`;
}

async function choose({ world, index, choices }: FoundElement, text: string): Promise<string> {
  const wanted = text.trim();
  if (await world.run(chooseOption, { index, wanted }))
    return `Chose ${JSON.stringify(wanted)} in element ${index}.`;
  throw new BrowserFailure(
    `Element ${index} has no choice ${JSON.stringify(wanted.slice(0, 100))}. It has: ${choices.join(", ")}`,
  );
}

/** The field is focused and what it holds is selected, so that the text takes its place. */
async function press({ keyboard }: Page, text: string): Promise<void> {
  const isShort = text.length <= MAX_KEYS;
  if (text === "") await keyboard.press("Delete");
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    if (line !== "") await (isShort ? keyboard.type(line) : keyboard.insertText(line));
    if (at < lines.length - 1) await keyboard.press("Enter");
  }
}

function gone(index: number): BrowserFailure {
  return new BrowserFailure(`Element with index ${index} not found: the page has changed.`);
}
