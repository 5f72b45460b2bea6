import type { z } from "zod";

/** A field that may be left out or null on the way in and is always present, null at least, on the way out. */
export function nullable<T extends z.ZodType>(schema: T) {
  return schema.nullable().default(null);
}

/** The same text without the keys whose value is null, at any depth: how events are stored and streamed. */
export function stringifyWithoutNulls(value: unknown): string {
  const text = JSON.stringify(value);
  // A replacer makes this several times slower, and most events have nothing to leave out.
  if (!text.includes(":null")) return text;
  return JSON.stringify(value, (_key, entry) => (entry === null ? undefined : entry));
}
