import { isObject } from "../is-object.ts";

/** A Markdown file in its two parts. */
export interface FrontMatter {
  /** The fields above the text; empty without any. */
  fields: Record<string, unknown>;
  /** The text, without blank lines around it. */
  content: string;
}

const BOUNDARY = /^-{3,}\s*$/m;

/**
 * Splits a Markdown file into the YAML at its top and the text below. Words are read as Python's YAML 1.1 does, where
 * `yes` is true.
 *
 * @throws Error for YAML that cannot be read, or that repeats its parts without end
 */
export async function parseFrontMatter(file: string): Promise<FrontMatter> {
  const text = file.replace(/^\uFEFF/, "").trim();
  const parts = splitAtBoundaries(text);
  if (parts === null) return { fields: {}, content: text };
  const { parse } = await import("yaml");
  const fields: unknown = parse(parts.yaml, { version: "1.1", logLevel: "error" });
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
