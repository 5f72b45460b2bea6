import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { asObject } from "../../is-object.ts";
import type { Tool } from "../tool.ts";
import { argumentCheckOf } from "./argument-check.ts";
import { describeArgumentsError } from "./arguments-error.ts";

type JsonSchema = Record<string, unknown>;
type Arguments = Record<string, unknown>;

/** Fields that an agent adds to the arguments of a tool, so that a client can read them from its calls. */
export interface ResponseFields {
  readonly names: readonly string[];
  /** Adds these fields to the schema of the tool. */
  merge(parameters: JsonSchema): JsonSchema;
  /** Checks these fields. undefined when they are valid. */
  check(args: Arguments): string | undefined;
  /** Removes these fields from arguments. */
  without(args: Arguments): Arguments;
}

/** Names with a meaning in every call or every action. */
const RESERVED = ["kind", "security_risk", "structured_output", "summary"];

/** Keywords that keep their meaning when the schema is merged into another. */
const KEYWORDS = new Set(
  (
    "$anchor $comment $defs $dynamicAnchor $id $schema $vocabulary additionalProperties default deprecated description " +
    "examples properties readOnly required title type writeOnly"
  ).split(" "),
);

/** Maximum number of schemas after references are inlined. Nested references can multiply. */
const MAX_NODES = 5_000;

const form = z.looseObject({
  type: z.literal("object"),
  properties: z
    .record(z.string(), z.looseObject({}))
    .refine((properties) => Object.keys(properties).length > 0, "must name at least one field"),
  required: z.array(z.string()).default([]),
  additionalProperties: z.literal(false, "only false is supported").nullish(),
});

/**
 * Reads `params.response_schema` of a tool. Throws `unprocessable` with a text that names the field when it is not a
 * JSON schema of an object with named fields, or when the tool or every call has an argument of the same name.
 */
export function readResponseSchema(tool: Tool, source: unknown): ResponseFields {
  const refuse = (problem: string, at = "") =>
    new AgentServerError("unprocessable", `Tool '${tool.name}': params.response_schema${at}: ${problem}`);
  const parsed = form.safeParse(source);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(
      issue?.message ?? "is not a JSON schema",
      issue?.path.map((key) => `.${String(key)}`).join(""),
    );
  }
  const { properties, required } = parsed.data;
  const names = Object.keys(properties);
  const own = argumentCheckOf(tool).names;
  const unknown = Object.keys(parsed.data).find((keyword) => !KEYWORDS.has(keyword));
  if (unknown !== undefined) throw refuse("is not supported at the top", `.${unknown}`);
  const unnamed = required.find((name) => !names.includes(name));
  if (unnamed !== undefined) throw refuse(`'${unnamed}' is not among the properties`, ".required");
  const taken = names.find((name) => RESERVED.includes(name) || own.includes(name));
  if (taken !== undefined) {
    throw refuse("the name is taken by the tool or by every tool call", `.properties.${taken}`);
  }
  try {
    const schema = z.fromJSONSchema(source as z.core.JSONSchema.JSONSchema);
    return toFields({ schema, shown: withoutReferences(source as JsonSchema), names, required });
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

interface Parts {
  schema: z.ZodType;
  /** The schema for the model. */
  shown: JsonSchema;
  names: readonly string[];
  required: readonly string[];
}

function toFields({ schema, shown, names, required }: Parts): ResponseFields {
  const isResponse = (name: string) => names.includes(name);
  const pick = (args: Arguments, wanted: boolean) =>
    Object.fromEntries(Object.entries(args).filter(([name]) => isResponse(name) === wanted));
  return {
    names,
    merge: (parameters) => ({
      ...parameters,
      properties: { ...asObject(parameters.properties), ...asObject(shown.properties) },
      required: [...(Array.isArray(parameters.required) ? parameters.required : []), ...required],
    }),
    check: (args) => {
      // Nulls were removed from all arguments, so an absent field may have been a null.
      const nulls = Object.fromEntries(required.map((name) => [name, null]));
      const values = pick(args, true);
      if (schema.safeParse({ ...nulls, ...values }).success) return undefined;
      const { error } = schema.safeParse(values);
      return error && describeArgumentsError(error, values, names);
    },
    without: (args) => pick(args, false),
  };
}

/** Inlines references, which providers do not accept in tools. A reference within itself becomes any object. */
function withoutReferences(root: JsonSchema): JsonSchema {
  const definitions = asObject(root.$defs);
  let nodes = 0;
  const { $defs: _definitions, ...rest } = root;
  return expand(rest, []) as JsonSchema;

  function expand(node: unknown, open: readonly string[]): unknown {
    nodes += 1;
    if (nodes > MAX_NODES) throw new Error(`has more than ${MAX_NODES} parts with its references inlined`);
    if (Array.isArray(node)) return node.map((item) => expand(item, open));
    if (typeof node !== "object" || node === null) return node;
    const { $ref: reference, ...own } = node as JsonSchema;
    const written = Object.fromEntries(Object.entries(own).map(([key, value]) => [key, expand(value, open)]));
    if (typeof reference !== "string")
      return reference === undefined ? written : { ...written, $ref: reference };
    if (open.includes(reference)) return { type: "object", ...written };
    const target = definitions[reference.replace(/^#\/\$defs\//, "")];
    return { ...asObject(expand(target, [...open, reference])), ...written };
  }
}
