import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** The pages whose links and code are checked. */
export const DOCUMENTS = [
  "README.md",
  "src/README.md",
  "examples/README.md",
  ...readdirSync(join(root, "examples/guide")).map((name) => `examples/guide/${name}`),
  ".github/CONTRIBUTING.md",
  ".github/SECURITY.md",
];

/** A fenced block of a page. */
export interface Block {
  document: string;
  /** Number of its first line in the page. */
  line: number;
  language: string;
  text: string;
}

const FENCE = /^([ \t]*)(`{3,})(\w+)\n([\s\S]*?)^\1\2$/gm;

/** Returns the blocks of all pages that have a language. */
export function allBlocks(): Block[] {
  return DOCUMENTS.flatMap((document) => {
    const page = readFileSync(join(root, document), "utf8");
    return [...page.matchAll(FENCE)].map(({ index, 1: indent = "", 3: language = "", 4: text = "" }) => ({
      document,
      line: page.slice(0, index).split("\n").length,
      language,
      text: text.replace(new RegExp(`^${indent}`, "gm"), ""),
    }));
  });
}
