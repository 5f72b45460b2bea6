import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { DOCUMENTS } from "./blocks.ts";

const root = resolve(import.meta.dirname, "../..");
const manifest = JSON.parse(read("package.json")) as { homepage: string; repository: { url: string } };

describe.each(DOCUMENTS)("%s", (document) => {
  it("links to files that exist", () => {
    const missing = linksIn(document)
      .map((target) => target.replace(`${repository()}/blob/main/`, "/"))
      .filter((target) => !/^https?:/.test(target))
      .filter((target) => !existsSync(join(root, target.startsWith("/") ? "" : dirname(document), target)));
    expect(missing).toEqual([]);
  });
});

it("the README's links work where the package is read without its repository", () => {
  expect(linksIn("README.md").filter((target) => !/^(https?:|#)/.test(target))).toEqual([]);
});

it("the map of the house names every room, and only files that exist", () => {
  const map = read("src/README.md");
  const rooms = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(rooms.map(({ name }) => name).filter((name) => !map.includes(`\`${name}/`))).toEqual([]);
  const paths = [...map.matchAll(/`([\w./-]+\/[\w./-]*)`/g)].map(([, path = ""]) => path);
  const missing = paths.filter((path) => !["src", "."].some((base) => existsSync(join(root, base, path))));
  expect(missing.filter((path) => !path.startsWith("agent-server/"))).toEqual([]);
});

it("the list of examples names every one", () => {
  const list = read("examples/README.md");
  const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));
  expect(examples.filter((name) => !list.includes(`(${name})`))).toEqual([]);
});

/** Targets of links, written in place or at the end of the document. */
function linksIn(document: string): string[] {
  const links = [...read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)|^\[[^\]]+\]: (\S+)$/gm)];
  return links.map(([, inPlace, atEnd]) => inPlace ?? atEnd ?? "");
}

function repository(): string {
  return manifest.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
