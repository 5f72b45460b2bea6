import type { z } from "zod";

/** The type, message and context of an item of a 422, in the words of the reference. */
export interface Fault {
  type: string;
  msg: string;
  ctx?: Record<string, unknown>;
}

const INTEGER = /^\s*[+-]?\d+\s*$/;

/** `'A', 'B' or 'C'` */
export function quoteOptions(values: readonly unknown[], last: string): string {
  const quoted = values.map((value) => (typeof value === "string" ? `'${value}'` : String(value)));
  const final = quoted.pop() ?? "";
  return quoted.length === 0 ? final : `${quoted.join(", ")}${last}${final}`;
}

export function invalidType(expected: string, input: unknown): Fault {
  switch (expected) {
    case "string":
      return { type: "string_type", msg: "Input should be a valid string" };
    case "int":
      return invalidInteger(input);
    case "number":
      return invalidNumber(input);
    case "boolean":
      return invalidBoolean(input);
    case "array":
      return { type: "list_type", msg: "Input should be a valid list" };
    case "object":
      return {
        type: "model_attributes_type",
        msg: "Input should be a valid dictionary or object to extract fields from",
      };
    case "record":
      return { type: "dict_type", msg: "Input should be a valid dictionary" };
    case "tuple":
      return { type: "tuple_type", msg: "Input should be a valid tuple" };
    case "null":
      return { type: "none_required", msg: "Input should be None" };
    default:
      return { type: `${expected}_type`, msg: `Input should be a valid ${expected}` };
  }
}

function invalidInteger(input: unknown): Fault {
  const msg = "Input should be a valid integer";
  if (typeof input === "number" && !Number.isInteger(input)) {
    return { type: "int_from_float", msg: `${msg}, got a number with a fractional part` };
  }
  if (typeof input === "string" && !INTEGER.test(input)) {
    return { type: "int_parsing", msg: `${msg}, unable to parse string as an integer` };
  }
  return { type: "int_type", msg };
}

function invalidNumber(input: unknown): Fault {
  const msg = "Input should be a valid number";
  if (typeof input !== "string") return { type: "float_type", msg };
  return { type: "float_parsing", msg: `${msg}, unable to parse string as a number` };
}

function invalidBoolean(input: unknown): Fault {
  const msg = "Input should be a valid boolean";
  const readable = typeof input === "string" || typeof input === "number";
  return readable
    ? { type: "bool_parsing", msg: `${msg}, unable to interpret input` }
    : { type: "bool_type", msg };
}

type RangeIssue = z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig;

export function outOfRange(issue: RangeIssue, input: unknown): Fault {
  const small = issue.code === "too_small";
  const limit = Number(small ? issue.minimum : issue.maximum);
  switch (issue.origin) {
    case "string":
      return lengthFault(small, limit);
    case "array":
    case "set":
      return collectionFault(small, limit, Array.isArray(input) ? input.length : 0);
    default:
      return numberFault(small, limit, issue.inclusive === true);
  }
}

function lengthFault(small: boolean, limit: number): Fault {
  const characters = limit === 1 ? "character" : "characters";
  return small
    ? {
        type: "string_too_short",
        msg: `String should have at least ${limit} ${characters}`,
        ctx: { min_length: limit },
      }
    : {
        type: "string_too_long",
        msg: `String should have at most ${limit} ${characters}`,
        ctx: { max_length: limit },
      };
}

function collectionFault(small: boolean, limit: number, actual: number): Fault {
  const items = limit === 1 ? "item" : "items";
  const bound = small ? "least" : "most";
  return {
    type: small ? "too_short" : "too_long",
    msg: `List should have at ${bound} ${limit} ${items} after validation, not ${actual}`,
    ctx: { field_type: "List", [small ? "min_length" : "max_length"]: limit, actual_length: actual },
  };
}

function numberFault(small: boolean, limit: number, inclusive: boolean): Fault {
  const type = `${small ? "greater" : "less"}_than${inclusive ? "_equal" : ""}`;
  const words = `${small ? "greater" : "less"} than ${inclusive ? "or equal to " : ""}${limit}`;
  const key = `${small ? "g" : "l"}${inclusive ? "e" : "t"}`;
  return { type, msg: `Input should be ${words}`, ctx: { [key]: limit } };
}

export function invalidFormat(issue: z.core.$ZodIssueInvalidStringFormat, input: unknown): Fault {
  const uuid = "Input should be a valid UUID";
  if (issue.format === "uuid" || issue.format === "guid" || issue.message.startsWith(uuid)) {
    const error = uuidFault(typeof input === "string" ? input : "");
    return { type: "uuid_parsing", msg: `${uuid}, ${error}`, ctx: { error } };
  }
  switch (issue.format) {
    case "regex": {
      const pattern = (issue.pattern ?? "").replace(/^\/|\/[a-z]*$/g, "");
      return {
        type: "string_pattern_mismatch",
        msg: `String should match pattern '${pattern}'`,
        ctx: { pattern },
      };
    }
    case "datetime":
      return { type: "datetime_from_date_parsing", msg: "Input should be a valid datetime or date" };
    case "url":
      return { type: "url_parsing", msg: "Input should be a valid URL" };
    default:
      return { type: "value_error", msg: `Value error, ${issue.message}`, ctx: { error: issue.message } };
  }
}

/** Names what keeps the text from being a UUID, as the reference's parser does. */
function uuidFault(text: string): string {
  const position = text.search(/[^0-9a-f-]/i);
  if (position >= 0) return `invalid character: found \`${text[position]}\` at ${position + 1}`;
  const groups = text.split("-");
  if (groups.length === 1)
    return `invalid length: expected length 32 for simple format, found ${text.length}`;
  if (groups.length !== 5) return `invalid group count: expected 5, found ${groups.length}`;
  const expected = [8, 4, 4, 4, 12];
  const wrong = groups.findIndex((group, index) => group.length !== expected[index]);
  return `invalid group length in group ${wrong}: expected ${expected[wrong]}, found ${groups[wrong]?.length}`;
}
