/** `node test/documents/difference-list.ts` writes the differences from the reference into the migration guide. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Difference } from "../differential/differences/difference.ts";
import { DIFFERENCES } from "../differential/differences.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "test/differential/differences");

/** Path of the page that has the list. */
export const GUIDE = join(root, "examples/guide/migration.md");
const PLACE = /(?<=<!-- differences -->\n)[\s\S]*(?=<!-- \/differences -->)/;

/** The list as it stands in the guide. */
export function writtenList(): string {
  return PLACE.exec(readFileSync(GUIDE, "utf8"))?.[0] ?? "";
}

/** The list as Markdown: a heading for each file of differences, with its reasons. */
export async function differenceList(): Promise<string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name !== "difference.ts")
    .sort();
  const parts: string[] = [];
  const listed = new Set<Difference>();
  for (const file of files) {
    const own = await differencesOf(file);
    for (const difference of own) listed.add(difference);
    parts.push(section(file.replace(/\.ts$/, ""), own));
  }
  const others = DIFFERENCES.filter((difference) => !listed.has(difference));
  return `\n${[section("everywhere", others), ...parts].join("\n")}\n`;
}

async function differencesOf(file: string): Promise<Difference[]> {
  const module = (await import(pathToFileURL(join(folder, file)).href)) as Record<string, unknown>;
  return Object.values(module).flatMap((value) => (Array.isArray(value) ? (value as Difference[]) : []));
}

function section(name: string, differences: readonly Difference[]): string {
  const reasons = [...new Set(differences.map(({ reason }) => reason))].map(escaped);
  return `### ${name}\n\n${reasons.map((reason) => `- ${reason}\n`).join("")}`;
}

/** Underscores and asterisks of names are no emphasis. */
function escaped(reason: string): string {
  return reason.replace(/(?<!`)\b\w+_\w+\b/g, "`$&`").replaceAll("*", "\\*");
}

if (import.meta.main) {
  const list = await differenceList();
  writeFileSync(
    GUIDE,
    readFileSync(GUIDE, "utf8").replace(PLACE, () => list),
  );
}
