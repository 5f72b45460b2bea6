import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

/**
 * The behaviours that clients rely on, one line for each in a table for each area: section of the protocol's
 * description, behaviour, test file, and title of the test that would fail without it.
 */
interface Behaviour {
  section: string;
  behaviour: string;
  file: string;
  test: string;
}

const root = resolve(import.meta.dirname, "../..");
const COLUMNS = "section\tbehaviour\tfile\ttest";
const behaviours = await readBehaviours();

it("every behaviour names its section, and no line stands twice", () => {
  const lines = behaviours.map(({ section, behaviour }) => `${section} ${behaviour}`);
  expect(lines.filter((line, index) => lines.indexOf(line) !== index)).toEqual([]);
  expect(behaviours.filter(({ section }) => !/^(engine|api) \d+(\.\d+)*$/.test(section))).toEqual([]);
});

it("every behaviour has its test", async () => {
  const tests = await testsOfFiles();
  const missing = behaviours.filter(({ file, test }) => tests.get(file)?.includes(test) !== true);
  expect(missing.map(({ file, test }) => `${file}: ${test}`)).toEqual([]);
});

it("every test of these files is the test of a behaviour", async () => {
  const known = new Set(behaviours.map(({ file, test }) => `${file}: ${test}`));
  const tests = [...(await testsOfFiles())].flatMap(([file, titles]) =>
    titles.map((title) => `${file}: ${title}`),
  );
  expect(tests.filter((test) => !known.has(test))).toEqual([]);
});

async function readBehaviours(): Promise<Behaviour[]> {
  const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".tsv"));
  const tables = await Promise.all(names.map((name) => readFile(join(import.meta.dirname, name), "utf8")));
  return tables.flatMap((table) => {
    const [head, ...lines] = table.trimEnd().split("\n");
    expect(head).toBe(COLUMNS);
    return lines.map((line) => {
      const [section = "", behaviour = "", file = "", test = ""] = line.split("\t");
      return { section, behaviour, file, test };
    });
  });
}

/** The titles of the tests in each file that the tables name. Titles are plain strings, so that they can be found. */
async function testsOfFiles(): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = [...new Set(behaviours.map(({ file }) => file))];
  const titles = files.map(async (file) => {
    const source = await readFile(join(root, file), "utf8").catch(() => "");
    return [
      file,
      [...source.matchAll(/\b(?:it|test)(?:\.\w+(?:\([^)]*\))?)*\(\s*"((?:[^"\\]|\\.)*)"/g)].map(titleOf),
    ] as const;
  });
  return new Map(await Promise.all(titles));
}

function titleOf([, title]: RegExpMatchArray): string {
  return JSON.parse(`"${title}"`) as string;
}
