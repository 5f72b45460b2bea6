import { z } from "zod";

/** A field that may be left out or null on the way in and is always present, null at least, on the way out. */
export function nullable<T extends z.ZodType>(schema: T) {
  return schema.nullable().default(null);
}

/** A field for which null counts as left out; both mean `fallback`. */
export function orElse<T extends z.ZodType>(schema: T, fallback: () => unknown): z.ZodDefault<T> {
  // `default` alone refuses null. To callers this is a default like any other, and so is its type.
  return z.preprocess((value) => value ?? fallback(), schema) as unknown as z.ZodDefault<T>;
}

/** A copy without the keys whose value is null, at any depth. */
export function withoutNulls<T>(value: T): T {
  return JSON.parse(stringifyWithoutNulls(value)) as T;
}

/** The same text without the keys whose value is null, at any depth. */
export function stringifyWithoutNulls(value: unknown): string {
  const text = JSON.stringify(value);
  // A replacer makes this several times slower, and most events have nothing to leave out.
  if (!text.includes(":null")) return text;
  return JSON.stringify(value, (_key, entry) => (entry === null ? undefined : entry));
}
