import { isObject } from "../is-object.ts";

/** A Markdown file in its two parts. */
export interface FrontMatter {
  /** The fields above the text; empty without any. */
  fields: Record<string, unknown>;
  /** The text, without blank lines around it. */
  content: string;
}

/** Characters of the YAML above a text: reading it takes time, and the fields of an extension are few. */
const MAX_YAML = 64 * 1024;
const BOUNDARY = /^-{3,}\s*$/m;

/**
 * Splits a Markdown file into the YAML at its top and the text below. Words are read as Python's YAML 1.1 does, where
 * `yes` is true.
 *
 * @throws Error for YAML that cannot be read, is longer than 64 KiB, or repeats its parts without end
 */
export async function parseFrontMatter(file: string): Promise<FrontMatter> {
  const text = file.replace(/^\uFEFF/, "").trim();
  const parts = splitAtBoundaries(text);
  if (parts === null) return { fields: {}, content: text };
  if (parts.yaml.length > MAX_YAML) throw new Error("its YAML is longer than 64 KiB");
  const { parse } = await import("yaml");
  // The search for repeated keys would take a time that grows with the square of their number.
  const fields: unknown = parse(parts.yaml, { version: "1.1", logLevel: "error", uniqueKeys: false });
  return { fields: isObject(fields) ? fields : {}, content: parts.content.trim() };
}

function splitAtBoundaries(text: string): { yaml: string; content: string } | null {
  const first = BOUNDARY.exec(text);
  if (first === null || first.index !== 0) return null;
  const rest = text.slice(first[0].length);
  const second = BOUNDARY.exec(rest);
  if (second === null) return null;
  return { yaml: rest.slice(0, second.index), content: rest.slice(second.index + second[0].length) };
}
