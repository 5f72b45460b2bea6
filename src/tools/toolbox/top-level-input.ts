import { z } from "zod";
import { asObject } from "../../is-object.ts";

/**
 * Makes the check of arguments by a JSON schema that came from elsewhere: names, presence and types at the top level,
 * as the reference does.
 */
export function topLevelInput(
  parameters: Record<string, unknown>,
  { allowsOthers = false }: { allowsOthers?: boolean } = {},
): z.ZodType {
  const required = new Set(Array.isArray(parameters.required) ? parameters.required : []);
  const fields = Object.entries(asObject(parameters.properties)).map(
    ([name, property]): [string, z.ZodType] => {
      const field = toField(property);
      return [name, required.has(name) ? field : field.nullable().default(null)];
    },
  );
  const shape = Object.fromEntries(fields);
  return allowsOthers ? z.looseObject(shape) : z.strictObject(shape);
}

function toField(property: unknown): z.ZodType {
  switch ((property as { type?: unknown } | null)?.type) {
    case "string":
      return z.string();
    case "integer":
      return z.int();
    case "number":
      return z.number();
    case "boolean":
      return z.boolean();
    case "array":
      return z.array(z.unknown());
    case "object":
      return z.record(z.string(), z.unknown());
    default:
      // No type, several types or a keyword such as anyOf: left to the receiver.
      return z.unknown().refine((value) => value !== undefined, "is required");
  }
}
