import { once } from "../../once.ts";
import { SECRET_MASK } from "../../secrets/masking/secret-mask.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import { indexOfLines } from "./index-of-lines.ts";
import type { Chunk, Hunk } from "./parse-patch.ts";

/** A changed text, and how far its patch was from fitting exactly: 0 for a patch that does. */
export interface PatchedText {
  text: string;
  fuzz: number;
}

/** Changes times lines of a file that one patch may take: each change looks at every line at most a few times. */
const MAX_WORK = 20_000_000;

/** Ways to compare lines, the strictest first. Those of the protocol weigh like this. */
const READINGS: readonly { fuzz: number; read(line: string): string }[] = [
  { fuzz: 0, read: (line) => line },
  { fuzz: 1, read: (line) => line.trimEnd() },
  { fuzz: 100, read: (line) => line.trim() },
];

const ANCHOR_FUZZ = 1;
/** Fuzz of a change at the end that is found elsewhere. */
const NOT_AT_END_FUZZ = 10_000;
/** Characters of a change that a refusal repeats. */
const MAX_ECHO = 1_000;

/**
 * Carries out the changes of a patch on the text of one file, in their order.
 *
 * @throws FileRefusal for a change that does not fit.
 */
export function applyHunks(path: string, text: string, hunks: readonly Hunk[]): PatchedText {
  const lines = text.split("\n");
  if (hunks.length * lines.length > MAX_WORK) {
    throw new FileRefusal(
      `${hunks.length} changes are too many for ${path}, which has ${lines.length} lines: send some at a time`,
    );
  }
  const readings = READINGS.map(({ fuzz, read }) => ({ fuzz, read, lines: once(() => lines.map(read)) }));
  const chunks: Chunk[] = [];
  let at = 0;
  let fuzz = 0;
  for (const hunk of hunks) {
    const below = belowAnchors(lines, hunk, at);
    const place = placeOf(readings, hunk, below.at);
    if (place === undefined) throw misfit(path, hunk);
    if (place.at < at) throw new FileRefusal(`Invalid patch: two changes to ${path} overlap`);
    chunks.push(...hunk.chunks.map((chunk) => ({ ...chunk, at: chunk.at + place.at })));
    at = place.at + hunk.context.length;
    fuzz += below.fuzz + place.fuzz;
  }
  return { text: changed(lines, chunks), fuzz };
}

interface Place {
  at: number;
  fuzz: number;
}

/** An anchor that was passed already, or that is nowhere, changes nothing. */
function belowAnchors(lines: readonly string[], { anchors }: Hunk, start: number): Place {
  const place = { at: start, fuzz: 0 };
  for (const anchor of anchors) {
    const exact = unlessPassed(lines, place.at, (line) => line === anchor);
    const found = exact ?? unlessPassed(lines, place.at, (line) => line.trim() === anchor.trim());
    if (found === undefined) continue;
    place.at = found + 1;
    if (exact === undefined) place.fuzz += ANCHOR_FUZZ;
  }
  return place;
}

function unlessPassed(
  lines: readonly string[],
  start: number,
  isAnchor: (line: string) => boolean,
): number | undefined {
  const first = lines.findIndex(isAnchor);
  return first < start ? undefined : first;
}

/** A way to compare lines, with the lines of the file as it reads them. */
interface Reading {
  fuzz: number;
  read(line: string): string;
  lines(): readonly string[];
}

function placeOf(readings: readonly Reading[], { context, isAtEnd }: Hunk, start: number): Place | undefined {
  if (!isAtEnd) return search(readings, context, start);
  const lines = readings[0]?.lines() ?? [];
  if (context.length === 0) return { at: endOf(lines), fuzz: 0 };
  const atEnd = search(readings, context, Math.max(0, lines.length - context.length));
  if (atEnd !== undefined) return atEnd;
  const elsewhere = search(readings, context, start);
  return elsewhere && { at: elsewhere.at, fuzz: elsewhere.fuzz + NOT_AT_END_FUZZ };
}

function search(readings: readonly Reading[], context: readonly string[], start: number): Place | undefined {
  for (const { fuzz, read, lines } of readings) {
    const at = indexOfLines(lines(), context.map(read), start);
    if (at !== -1) return { at, fuzz };
  }
  return undefined;
}

/** The line after the last one: the empty text after a last line end does not count. */
function endOf(lines: readonly string[]): number {
  return lines.at(-1) === "" ? lines.length - 1 : lines.length;
}

function changed(lines: readonly string[], chunks: readonly Chunk[]): string {
  const result: string[] = [];
  let at = 0;
  for (const chunk of chunks) {
    for (; at < chunk.at; at += 1) result.push(lines[at] ?? "");
    for (const line of chunk.inserted) result.push(line);
    at += chunk.deleted.length;
  }
  for (; at < lines.length; at += 1) result.push(lines[at] ?? "");
  return result.join("\n");
}

function misfit(path: string, { context, isAtEnd }: Hunk): FileRefusal {
  const text = context.join("\n");
  const shown = text.length > MAX_ECHO ? `${text.slice(0, MAX_ECHO)}…` : text;
  const where = isAtEnd ? "at its end or elsewhere" : "below the changes before";
  const hint = text.includes(SECRET_MASK)
    ? `\nThe file has a secret value where you see ${SECRET_MASK}: choose lines without it.`
    : "";
  return new FileRefusal(`Invalid patch: ${path} does not have these lines ${where}:\n${shown}${hint}`);
}
