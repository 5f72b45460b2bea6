import { asObject } from "../is-object.ts";
import { type DiffLine, diffLines, type FileChange } from "./diff-lines.ts";
import { changesIn } from "./file-changes.ts";
import type { Part, RowLimits } from "./row.ts";
import { clipped, grouped, visibleText } from "./visible-text.ts";

/** Files of one patch whose changes are shown. */
const MAX_CHANGES = 50;
/** Items of a message or of a result that are shown. */
const MAX_CONTENT = 100;

/** A folded text. None for an empty one. */
export function textPart(name: string, text: string, { text: max }: RowLimits): Part[] {
  return text === "" ? [] : [{ name, text: clipped(text, max) }];
}

/** A folded value, as JSON. None for null. */
export function jsonPart(name: string, value: unknown, limits: RowLimits): Part[] {
  if (value === undefined || value === null) return [];
  return textPart(name, typeof value === "string" ? value : jsonText(value), limits);
}

/** The content of a message or of a result: texts, and images by their type and size. */
export function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  const shown = content.slice(0, MAX_CONTENT).flatMap(itemTexts);
  return content.length > MAX_CONTENT
    ? [...shown, `… ${content.length - MAX_CONTENT} more items`].join("\n")
    : shown.join("\n");
}

/** The result of a call: its text, and the files that it has changed. */
export function resultParts(observation: Readonly<Record<string, unknown>>, limits: RowLimits): Part[] {
  const changes = changesIn(observation);
  const shown = changes.slice(0, MAX_CHANGES).map((change) => diffPart(change, limits));
  const left = changes.length - shown.length;
  return [
    ...textPart("Result", contentText(observation.content), limits),
    ...shown,
    ...(left > 0 ? [{ name: "More files", text: `${left} more files have changed` }] : []),
  ];
}

function diffPart(change: FileChange, limits: RowLimits): Part {
  const lines = diffLines(change, limits.diffLines).map(visibleLine);
  return { name: `Diff of ${clipped(change.path, 300)}`, lines };
}

function visibleLine({ kind, text }: DiffLine): DiffLine {
  return { kind, text: visibleText(text) };
}

function itemTexts(item: unknown): string[] {
  const { type, text, image_urls: urls } = asObject(item);
  if (typeof text === "string") return [text];
  if (type === "image" && Array.isArray(urls)) return urls.slice(0, MAX_CONTENT).map(imageWords);
  return [];
}

/** An image is not shown: its data would load, or bring, what the conversation wants. */
function imageWords(url: unknown): string {
  const text = String(url);
  const [, mediaType] = /^data:([\w./+-]{1,60})/.exec(text) ?? [];
  return mediaType === undefined
    ? `[image at ${text.slice(0, 200)}]`
    : `[${mediaType}, ${grouped(text.length)} characters]`;
}

function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value, undefined, 2);
  } catch (error) {
    // Nested deeper than the stack.
    return `(not shown: ${String(error)})`;
  }
}
