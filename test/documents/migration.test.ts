import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { OTHER_VARIABLES, SETTINGS, UNSUPPORTED } from "../../src/configuration/reference-settings.ts";
import { differenceList, GUIDE, writtenList } from "./difference-list.ts";

it("the migration guide lists every difference from the reference (node test/documents/difference-list.ts)", async () => {
  expect(writtenList()).toBe(await differenceList());
});

it("the migration guide says of every variable what it does here", () => {
  const [, table = ""] = readFileSync(GUIDE, "utf8").split("## Variables");
  const rows = (table.split("\n## ")[0] ?? "").split("\n").filter((line) => line.startsWith("| `"));
  const named = new Set(rows.flatMap(variablesOf));
  const all = [...Object.keys(SETTINGS), ...UNSUPPORTED].map((name) => `OH_${name.toUpperCase()}`);
  expect([...all, ...OTHER_VARIABLES].filter((name) => !named.has(name))).toEqual([]);
});

/** `_CPUS` after `OH_LIMIT_MEMORY` stands for `OH_LIMIT_CPUS`. */
function variablesOf(row: string): string[] {
  const [cell = ""] = row.split(" | ");
  const names = [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
  const [first = ""] = names;
  return names.flatMap((name) => (name.startsWith("_") ? endings(first, name) : [name]));
}

/** Every name that begins as the first one does and ends with what is given. */
function endings(first: string, end: string): string[] {
  const parts = first.split("_");
  return parts.map((_, index) => parts.slice(0, index + 1).join("_") + end);
}
