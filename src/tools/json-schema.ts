import { z } from "zod";
import { asObject } from "../is-object.ts";

type JsonSchema = Record<string, unknown>;

/**
 * Makes the JSON schema of a tool's input for the model: references inlined, of alternatives the first that is not
 * null, and only the keywords that every provider accepts (type, description, properties, required, items, enum).
 * Arguments are checked with the whole schema.
 */
export function toParameters(input: z.ZodType): JsonSchema {
  return flattened(z.toJSONSchema(input, { io: "input" }) as JsonSchema);
}

/** Parts of a schema after references are inlined. Nested references can multiply. */
const MAX_NODES = 5_000;

/**
 * Makes of a JSON schema one that every provider accepts, as `toParameters` does.
 *
 * @throws RangeError for a schema that has too many parts with its references inlined
 */
export function flattened(schema: JsonSchema): JsonSchema {
  const definitions = { ...asObject(schema.definitions), ...asObject(schema.$defs) };
  return flatten(schema, { definitions, root: schema, open: [], budget: { nodes: MAX_NODES } });
}

interface Scope {
  definitions: JsonSchema;
  root: JsonSchema;
  /** References being inlined. One that occurs again means that the schema contains itself. */
  open: readonly string[];
  /** Nodes that may still be made. */
  budget: { nodes: number };
}

function flatten(schema: JsonSchema, scope: Scope): JsonSchema {
  scope.budget.nodes -= 1;
  if (scope.budget.nodes < 0)
    throw new RangeError(`has more than ${MAX_NODES} parts with its references inlined`);
  if (typeof schema.$ref === "string") return inlined(schema, schema.$ref, scope);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) {
    const chosen = alternatives.find((alternative) => asObject(alternative).type !== "null");
    return described(flatten(asObject(chosen), scope), schema);
  }
  if (Array.isArray(schema.allOf)) return merged(schema, scope);
  return described(keywords(schema, scope), schema);
}

function keywords(schema: JsonSchema, scope: Scope): JsonSchema {
  const flat: JsonSchema = {};
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== "null") : schema.type;
  if (type !== undefined) flat.type = type;
  if (schema.properties !== undefined) {
    const properties = Object.entries(asObject(schema.properties));
    flat.properties = Object.fromEntries(
      properties.map(([name, field]) => [name, flatten(asObject(field), scope)]),
    );
  }
  if (schema.required !== undefined) flat.required = schema.required;
  if (type === "array") flat.items = flatten(itemsOf(schema), scope);
  if (schema.enum !== undefined) flat.enum = schema.enum;
  if (schema.const !== undefined) flat.enum = [schema.const];
  return flat;
}

/** A tuple becomes an array of its first item. */
function itemsOf(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.prefixItems)) return asObject(schema.prefixItems[0]);
  return asObject(schema.items);
}

function inlined(schema: JsonSchema, reference: string, scope: Scope): JsonSchema {
  if (scope.open.includes(reference)) return described({ type: "object" }, schema);
  const name = reference.slice(reference.lastIndexOf("/") + 1);
  const target = reference === "#" ? scope.root : asObject(scope.definitions[name]);
  return described(flatten(target, { ...scope, open: [...scope.open, reference] }), schema);
}

function merged(schema: JsonSchema, scope: Scope): JsonSchema {
  const parts = (schema.allOf as unknown[]).map((part) => flatten(asObject(part), scope));
  const flat: JsonSchema = Object.assign({}, ...parts);
  if (parts.some((part) => part.properties !== undefined)) {
    flat.properties = Object.assign({}, ...parts.map((part) => part.properties));
    flat.required = [...new Set(parts.flatMap((part) => (part.required as string[] | undefined) ?? []))];
  }
  return described(flat, schema);
}

/** The description nearest to the field wins over the one of the type it refers to. */
function described(flat: JsonSchema, schema: JsonSchema): JsonSchema {
  if (typeof schema.description !== "string") return flat;
  return { ...flat, description: schema.description };
}
