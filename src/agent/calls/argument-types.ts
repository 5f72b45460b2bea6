import { isObject } from "../../is-object.ts";
import { parseLenientJson, type ToolArguments } from "./tool-arguments.ts";

type JsonSchema = Record<string, unknown>;

/**
 * Converts values whose JSON type differs from the schema but whose meaning is clear: lists and objects written as
 * JSON text, texts cut into a list of pieces, numbers and booleans in quotes.
 */
export function repairArgumentTypes(args: ToolArguments, schema: JsonSchema): ToolArguments {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const definitions = isObject(schema.$defs) ? schema.$defs : {};
  const repaired = Object.entries(args).map(([key, value]) => {
    const expected = typesOf(Object.hasOwn(properties, key) ? properties[key] : undefined, definitions);
    return [key, expected.size === 0 ? value : repair(value, expected)];
  });
  return Object.fromEntries(repaired);
}

function typesOf(schema: unknown, definitions: JsonSchema, depth = 0): Set<string> {
  // A schema may refer to itself.
  if (!isObject(schema) || depth > 8) return new Set();
  const types = [schema.type].flat().filter((type) => typeof type === "string");
  const variants = [schema.anyOf, schema.oneOf].flatMap((list) => (Array.isArray(list) ? list : []));
  const reference = typeof schema.$ref === "string" ? schema.$ref.replace("#/$defs/", "") : undefined;
  if (reference !== undefined && Object.hasOwn(definitions, reference)) variants.push(definitions[reference]);
  return new Set([...types, ...variants.flatMap((variant) => [...typesOf(variant, definitions, depth + 1)])]);
}

function repair(value: unknown, expected: Set<string>): unknown {
  const wantsList = expected.has("array");
  const wantsObject = expected.has("object");
  if (Array.isArray(value) && expected.has("string") && !wantsList && !wantsObject) {
    return value.every((piece) => typeof piece === "string") ? value.join("") : value;
  }
  if (typeof value !== "string") return value;
  if (wantsList || wantsObject) return decodeCollection(value) ?? value;
  return expected.has("string") ? value : decodeScalar(value.trim(), expected);
}

/** Decodes a list or an object, also with text after the last bracket: models close their own markup there. */
function decodeCollection(value: string): unknown {
  const ends = [value.length, value.lastIndexOf("}") + 1, value.lastIndexOf("]") + 1];
  for (const end of ends) {
    const decoded = tryJson(value.slice(0, end));
    if (typeof decoded === "object" && decoded !== null) return decoded;
  }
  return undefined;
}

function decodeScalar(value: string, expected: Set<string>): unknown {
  if (expected.has("boolean") && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
  const isNumber = /^[+-]?\d+(\.\d+)?$/.test(value);
  if (isNumber && (expected.has("number") || expected.has("integer"))) return Number(value);
  return value;
}

function tryJson(value: string): unknown {
  try {
    return parseLenientJson(value);
  } catch {
    return undefined;
  }
}
