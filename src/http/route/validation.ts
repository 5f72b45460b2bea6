import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { jsonText } from "../../json-text.ts";
import type { ValidationErrorItem } from "../../wire/validation-error.ts";
import { redactInput, shorten } from "./redact-input.ts";
import { type Fault, invalidFormat, invalidType, outOfRange, quoteOptions } from "./validation-messages.ts";

/** A part of a request; the first element of every `loc`. */
export type InputLocation = "body" | "query" | "path" | "header";

/** Maximum number of faults listed in one 422. */
const MAX_ITEMS = 100;

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The 422 that refuses a request, in the shape clients know from the reference. */
export function validationError(items: readonly ValidationErrorItem[]): AgentServerError {
  return new AgentServerError("unprocessable", items.slice(0, MAX_ITEMS));
}

export type Validated<T> =
  | { value: T; items?: undefined }
  | { value?: undefined; items: ValidationErrorItem[] };

/** Parses one part of a request. Returns its faults as items of a 422 where it is not valid. */
export function validate<S extends z.ZodType>(
  schema: S,
  input: unknown,
  location: InputLocation,
): Validated<z.output<S>> {
  const result = schema.safeParse(input, { error: markBySchema });
  if (result.success) return { value: result.data };
  return { items: toItems(result.error.issues, { input, location }) };
}

/** Marks what only the schema tells, because it can be seen only here. */
function markBySchema(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "invalid_value")
    return isNamed(issue.inst as z.core.$ZodType | undefined) ? ENUMERATION_MARK : undefined;
  if (issue.code !== "invalid_type" || issue.expected !== "number") return undefined;
  const definition = issue.inst?._zod.def as { format?: string } | undefined;
  return definition?.format?.includes("int") ? INTEGER_MARK : undefined;
}

/** Tells whether the values are a named enumeration. Other literals are listed where they are used. */
function isNamed(schema: z.core.$ZodType | undefined): boolean {
  if (schema === undefined) return false;
  return z.globalRegistry.get(schema)?.id !== undefined || isNamed(schema._zod.parent);
}

/** zod reports integers as "expected number". */
const INTEGER_MARK = "Input should be a valid integer";
const ENUMERATION_MARK = "Input should be of the enumeration";

interface Source {
  input: unknown;
  location: InputLocation;
}

/** Converts at most MAX_ITEMS issues, because each looks up its input value. */
function toItems(issues: readonly Issue[], source: Source): ValidationErrorItem[] {
  return issues
    .slice(0, MAX_ITEMS)
    .flatMap((issue) => itemsOf(issue, { ...source, path: issue.path, loc: issue.path }));
}

interface Place extends Source {
  /** From the input to the value at fault. */
  path: Path;
  /** Path in the answer: the same with the branches of unions in between. */
  loc: Path;
}

function itemsOf(issue: Issue, place: Place): ValidationErrorItem[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys
        .slice(0, MAX_ITEMS)
        .map((key) =>
          item({ type: "extra_forbidden", msg: "Extra inputs are not permitted" }, deeper(place, [key])),
        );
    case "invalid_union":
      return unionItems(issue, place);
    case "invalid_key":
      return issue.issues.map((inner) => keyItem(inner, place));
    default:
      return [isMissing(issue, place) ? missingItem(place) : item(faultOf(issue, valueAt(place)), place)];
  }
}

/** Reports an object whose discriminator matches no branch as a whole. Otherwise each branch reports its faults. */
function unionItems(issue: z.core.$ZodIssueInvalidUnion, place: Place): ValidationErrorItem[] {
  if (issue.discriminator !== undefined) {
    const whole = { ...place, path: place.path.slice(0, -1), loc: place.loc.slice(0, -1) };
    return [item(discriminatorFault(issue, redactInput(valueAt(place))), whole)];
  }
  if (isMissing(issue, place)) return [missingItem(place)];
  return issue.errors.flatMap((branch, index) =>
    branch.slice(0, MAX_ITEMS).flatMap((inner) => {
      const path = [...place.path, ...inner.path];
      return itemsOf(inner, { ...place, path, loc: [...place.loc, index, ...inner.path] });
    }),
  );
}

function discriminatorFault(issue: z.core.$ZodIssueInvalidUnion, tag: unknown): Fault {
  const custom = customFault(issue.message);
  if (custom !== undefined) return custom;
  const options = quoteOptions("options" in issue ? (issue.options ?? []) : [], ", ");
  if (tag === undefined) {
    const discriminator = `'${issue.discriminator}'`;
    const msg = `Unable to extract tag using discriminator ${discriminator}`;
    return { type: "union_tag_not_found", msg, ctx: { discriminator } };
  }
  return {
    type: "union_tag_invalid",
    msg: `Input tag '${jsonText(tag)}' found using '${issue.discriminator}' does not match any of the expected tags: ${options}`,
    ctx: { discriminator: `'${issue.discriminator}'`, tag, expected_tags: options },
  };
}

function faultOf(issue: Issue, input: unknown): Fault {
  switch (issue.code) {
    case "invalid_type":
      return invalidType(issue.message === INTEGER_MARK ? "int" : issue.expected, input);
    case "invalid_value": {
      const expected = quoteOptions(issue.values, " or ");
      const type = issue.message === ENUMERATION_MARK ? "enum" : "literal_error";
      return { type, msg: `Input should be ${expected}`, ctx: { expected } };
    }
    case "too_small":
    case "too_big":
      return outOfRange(issue, input);
    case "not_multiple_of":
      return {
        type: "multiple_of",
        msg: `Input should be a multiple of ${issue.divisor}`,
        ctx: { multiple_of: issue.divisor },
      };
    case "invalid_format":
      return invalidFormat(issue, input);
    case "custom":
      return { ...valueError(issue.message), ...issue.params };
    default:
      return valueError(issue.message);
  }
}

function customFault(message: string): Fault | undefined {
  if (message.startsWith("Value error, ")) return valueError(message);
  if (!message.startsWith("Assertion failed, ")) return undefined;
  return {
    type: "assertion_error",
    msg: message,
    ctx: { error: message.slice("Assertion failed, ".length) },
  };
}

function valueError(message: string): Fault {
  const error = message.replace(/^Value error, /, "");
  return { type: "value_error", msg: `Value error, ${error}`, ctx: { error } };
}

function item(fault: Fault, place: Place): ValidationErrorItem {
  const { type, msg, ctx } = fault;
  const input = redactInput(valueAt(place) ?? null, place.path);
  return { type, loc: locationOf(place), msg, input, ...(ctx === undefined ? {} : { ctx }) };
}

/** Reports an invalid key with the key itself as its input. */
function keyItem(issue: Issue, place: Place): ValidationErrorItem {
  const key = place.path.at(-1);
  return {
    ...item(faultOf(issue, key), { ...place, loc: [...place.loc, "[key]"] }),
    input: redactInput(key),
  };
}

/** Reports a missing field with the object that lacks it as its input. A query or path is not repeated. */
function missingItem(place: Place): ValidationErrorItem {
  const path = place.path.slice(0, -1);
  const input = place.location === "body" ? redactInput(valueAt({ ...place, path }) ?? null, path) : null;
  return { type: "missing", loc: locationOf(place), msg: "Field required", input };
}

function isMissing(issue: Issue, place: Place): boolean {
  const byAbsence =
    issue.code === "invalid_type" || issue.code === "invalid_value" || issue.code === "invalid_union";
  return byAbsence && valueAt(place) === undefined;
}

function locationOf({ location, loc }: Place): (string | number)[] {
  return [location, ...loc.map((part) => (typeof part === "number" ? part : shorten(String(part))))];
}

function deeper(place: Place, keys: Path): Place {
  return { ...place, path: [...place.path, ...keys], loc: [...place.loc, ...keys] };
}

/** Returns the value as the client sent it: schemas may have converted it. */
function valueAt({ input, path }: { input: unknown; path: Path }): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
