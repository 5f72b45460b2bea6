import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Words and turns of phrase that hide the subject or the verb of a sentence, and words to use instead. */
const HARD_TO_READ: readonly (readonly [pattern: RegExp, better: string])[] = [
  [/\b(told|tells of)\b/, "shown, sent, reported"],
  [/\bso many\b/, "a number of, at most N"],
  [/\b(at work|under way|underway)\b/, "running, active, pending"],
  [/\blets? go\b/, "releases"],
  [/\bof (its|their) own\b/, "separate, new, custom"],
  [/\bbeside\b/, "in addition to, next to"],
  [/\banew\b/, "again"],
  [/\b(whoever|nobody|somebody|anybody|everybody)\b/, "anyone who, no one, callers, clients"],
  [/(?<!\bthere )\b(is|are|was) no (?!longer)[a-z]/, "is not a"],
  [/\bgives? (what|back)\b/, "returns"],
  [/^\s*\/\*\* What\b/, "a noun phrase, or a verb for a function"],
];

it("comments are plain: they avoid words that hide who does what", () => {
  const files = ["src", "adapters", "examples"].flatMap(sources);
  expect(files.flatMap(hardToRead)).toEqual([]);
});

function hardToRead(file: string): string[] {
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  return lines.flatMap((line, index) =>
    HARD_TO_READ.filter(([pattern]) => isComment(line) && pattern.test(line)).map(
      ([pattern, better]) => `${file}:${index + 1} ${pattern.exec(line)?.[0].trim()} (better: ${better})`,
    ),
  );
}

function isComment(line: string): boolean {
  return /^\s*(\/\*\*|\*|\/\/)/.test(line);
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
}
