import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { asObject } from "../../is-object.ts";
import type { Tool } from "../tool.ts";
import { argumentCheckOf } from "./argument-check.ts";
import { describeArgumentsError } from "./arguments-error.ts";

type JsonSchema = Record<string, unknown>;
type Arguments = Record<string, unknown>;

/** Fields that an agent adds to the arguments of a tool: what a client wants to read from its calls. */
export interface ResponseFields {
  readonly names: readonly string[];
  /** The tool's own schema with these fields in it. */
  merge(parameters: JsonSchema): JsonSchema;
  /** Undefined when the arguments fit; the arguments of the tool itself are not looked at. */
  check(args: Arguments): string | undefined;
  /** The arguments that are the tool's own. */
  without(args: Arguments): Arguments;
}

/** Names that mean something in every call or in every action. */
const RESERVED = ["kind", "security_risk", "structured_output", "summary"];

/** Keywords beside which nothing is said of the whole object: merged into another schema they lose nothing. */
const KEYWORDS = new Set(
  (
    "$anchor $comment $defs $dynamicAnchor $id $schema $vocabulary additionalProperties default deprecated description " +
    "examples properties readOnly required title type writeOnly"
  ).split(" "),
);

/** Schemas in a response schema once its references are written out; one that refers to itself in many ways grows fast. */
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
 * Reads `params.response_schema` of a tool. Throws `unprocessable` with a text that names the field when it is no
 * JSON schema of an object with named fields, or when a field has a name that the tool or every call has already.
 */
export function readResponseSchema(tool: Tool, given: unknown): ResponseFields {
  const refuse = (problem: string, at = "") =>
    new AgentServerError("unprocessable", `Tool '${tool.name}': params.response_schema${at}: ${problem}`);
  const parsed = form.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refuse(issue?.message ?? "is no JSON schema", issue?.path.map((key) => `.${String(key)}`).join(""));
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
    const schema = z.fromJSONSchema(given as z.core.JSONSchema.JSONSchema);
    return toFields({ schema, shown: withoutReferences(given as JsonSchema), names, required });
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

interface Parts {
  schema: z.ZodType;
  /** The schema as the model is shown it. */
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
      // Nulls are taken out of all arguments before; where one is a value it is as good as absent.
      const nulls = Object.fromEntries(required.map((name) => [name, null]));
      const values = pick(args, true);
      if (schema.safeParse({ ...nulls, ...values }).success) return undefined;
      const { error } = schema.safeParse(values);
      return error && describeArgumentsError(error, values, names);
    },
    without: (args) => pick(args, false),
  };
}

/** References written out, since providers know none in tools. One that contains itself is left open at its second place. */
function withoutReferences(root: JsonSchema): JsonSchema {
  const definitions = asObject(root.$defs);
  let nodes = 0;
  const { $defs: _definitions, ...rest } = root;
  return expand(rest, []) as JsonSchema;

  function expand(node: unknown, open: readonly string[]): unknown {
    nodes += 1;
    if (nodes > MAX_NODES)
      throw new Error(`has more than ${MAX_NODES} parts with its references written out`);
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
