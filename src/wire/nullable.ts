import { z } from "zod";

/** Makes a field optional in input. In output it is always present, with null as its default. */
export function nullable<T extends z.ZodType>(schema: T) {
  return schema.nullable().default(null);
}

/** Makes a field optional in input; absent and null both mean `fallback`. */
export function orElse<T extends z.ZodType>(schema: T, fallback: () => unknown): z.ZodDefault<T> {
  // `default` alone refuses null, and a preprocessed field alone counts as required in documents. The type is that of a
  // plain default, because callers see one.
  const read = z.preprocess((value) => value ?? fallback(), schema);
  return read.prefault(() => fallback() as never) as unknown as z.ZodDefault<T>;
}

/** Copies a value without the keys whose value is null, at any depth. */
export function withoutNulls<T>(value: T): T {
  return JSON.parse(stringifyWithoutNulls(value)) as T;
}

/** Writes a value as JSON without the keys whose value is null, at any depth. */
export function stringifyWithoutNulls(value: unknown): string {
  const text = JSON.stringify(value);
  // A replacer makes this several times slower, and most events contain no null.
  if (!text.includes(":null")) return text;
  return JSON.stringify(value, (_key, entry) => (entry === null ? undefined : entry));
}
