import { z } from "zod";
import { readDateTime } from "../../wire/datetime.ts";

const TRUE_WORDS = new Set(["true", "1", "yes", "y", "on", "t"]);
const FALSE_WORDS = new Set(["false", "0", "no", "n", "off", "f"]);
const INTEGER = /^\s*[+-]?\d+(\.0*)?\s*$/;

export interface IntegerBounds {
  /** Smallest value allowed, inclusive. */
  min?: number;
  /** Exclusive lower bound; the reference reports `limit` this way. */
  above?: number;
  /** Largest value allowed, inclusive. */
  max?: number;
}

/** A whole number written as text, such as `10` or `10.0`. */
export function queryInt(bounds: IntegerBounds = {}) {
  let number = z.int();
  if (bounds.above !== undefined) number = number.gt(bounds.above);
  if (bounds.min !== undefined) number = number.min(bounds.min);
  if (bounds.max !== undefined) number = number.max(bounds.max);
  return z.preprocess(toInteger, number);
}

/** The page size of every search: 1 to 100, and 100 when left out. */
export function queryLimit() {
  return queryInt({ above: 0, max: 100 }).default(100);
}

/** true, 1, yes, y, on, t and their opposites, in any case. */
export function queryBool() {
  return z.preprocess(toBoolean, z.boolean());
}

/** A key that may be repeated: `?ids=a&ids=b`. One value is a list of one. */
export function queryList<T extends z.ZodType>(item: T) {
  return z.array(item);
}

/** A moment in ISO form. The handler gets the text unchanged, because routes differ in how they read its zone. */
export function queryDatetime() {
  return z
    .string()
    .refine((text) => readDateTime(text) !== undefined, {
      message: "Input should be a valid datetime or date",
      params: { type: "datetime_from_date_parsing" },
    })
    .meta({ format: "date-time" });
}

function toInteger(input: unknown): unknown {
  return typeof input === "string" && INTEGER.test(input) ? Number(input) : input;
}

function toBoolean(input: unknown): unknown {
  if (typeof input !== "string") return input;
  const word = input.toLowerCase();
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : input;
}

/** Prepares a query for its schema: the last value of each key, or all values if the schema expects a list. */
export function readQuery(search: string, lists: ReadonlySet<string>): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null);
  if (search === "") return values;
  for (const [key, value] of new URLSearchParams(search)) {
    const earlier = values[key];
    if (!lists.has(key)) values[key] = value;
    else if (Array.isArray(earlier)) earlier.push(value);
    else values[key] = [value];
  }
  return values;
}

/** Names of the fields of a query schema that take lists. */
export function listFields(schema: z.ZodObject): ReadonlySet<string> {
  return new Set(Object.keys(schema.shape).filter((name) => isList(schema.shape[name])));
}

function isList(schema: unknown): boolean {
  if (schema instanceof z.ZodArray) return true;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return isList(schema.unwrap());
  }
  return schema instanceof z.ZodPipe && (isList(schema.in) || isList(schema.out));
}
