import type { SchemaObject } from "openapi3-ts/oas31";
import { z } from "zod";

/** `input` describes what clients may send, `output` what they receive. */
export type Direction = "input" | "output";

type Json = Record<string, unknown>;

const LOCAL = "#/$defs/";
const SHARED = "#/components/schemas/";

/**
 * Converts zod schemas into JSON Schema for one OpenAPI document. Schemas with an id become components. A schema whose
 * input and output differ, through defaults for example, becomes two: `Name-Input` and `Name-Output`.
 */
export class SchemaComponents {
  readonly #registered: Record<Direction, z.ZodType[]> = { input: [], output: [] };

  /** Registers a schema. The function returns its JSON Schema once `build` has run. */
  add(schema: z.ZodType, direction: Direction): () => SchemaObject {
    const index = this.#registered[direction].push(schema) - 1;
    return () => this.#built[direction][index] as SchemaObject;
  }

  #built: Record<Direction, Json[]> = { input: [], output: [] };

  /** Converts the registered schemas. Returns the components by name. */
  build(): Record<string, SchemaObject> {
    const converted = {
      input: convert(this.#registered.input, "input"),
      output: convert(this.#registered.output, "output"),
    };
    const split = differing(converted.input.definitions, converted.output.definitions);
    const components: Record<string, SchemaObject> = {};
    for (const direction of ["input", "output"] as const) {
      const { schemas, definitions } = converted[direction];
      const nameOf = (name: string) =>
        split.has(name) ? `${name}-${direction === "input" ? "Input" : "Output"}` : name;
      this.#built[direction] = schemas.map((schema) => finish(schema, { nameOf, definitions }));
      for (const [name, schema] of Object.entries(definitions)) {
        components[nameOf(name)] = finish(schema, { nameOf, definitions }) as SchemaObject;
      }
    }
    return Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

interface Converted {
  schemas: Json[];
  definitions: Record<string, Json>;
}

/** Converts all schemas in one call, so that a schema used twice becomes one definition. */
function convert(schemas: readonly z.ZodType[], io: Direction): Converted {
  const root = z.object(Object.fromEntries(schemas.map((schema, index) => [`s${index}`, schema])));
  const { properties, $defs } = z.toJSONSchema(root, {
    io,
    unrepresentable: "any",
    override: simplify,
  }) as Json;
  const required = (schema: Json) => walk(schema, (node) => listRequired(node, io));
  return {
    schemas: schemas.map((_, index) => required((properties as Record<string, Json>)[`s${index}`] ?? {})),
    definitions: Object.fromEntries(
      Object.entries(($defs ?? {}) as Record<string, Json>).map(([name, schema]) => [name, required(schema)]),
    ),
  };
}

/**
 * Lists as required what the reference's document does, so that generated clients agree: in answers no field that has a
 * default, in requests no discriminator `kind`, which a client may leave out where one kind is possible.
 */
function listRequired(node: Json, io: Direction): void {
  if (!Array.isArray(node.required)) return;
  const properties = (node.properties ?? {}) as Record<string, Json>;
  const required = (node.required as string[]).filter((name) => {
    const property = properties[name] ?? {};
    const isDiscriminator = name === "kind" && property.const !== undefined;
    return isDiscriminator ? io === "output" : io === "input" || !("default" in property);
  });
  if (required.length > 0) node.required = required;
  else delete node.required;
}

interface Overridden {
  zodSchema: z.core.$ZodTypes;
  jsonSchema: Json;
}

function simplify({ zodSchema, jsonSchema }: Overridden): void {
  const definition = zodSchema._zod.def;
  delete jsonSchema.id;
  // zod omits the defaults of preprocessed schemas; those of numbers and flags written as text still apply.
  if (definition.type === "default" && typeof definition.defaultValue !== "object") {
    jsonSchema.default ??= definition.defaultValue;
  }
  if (definition.type === "prefault") jsonSchema.default ??= definition.defaultValue;
  // Answers may gain fields: only objects declared strict are closed.
  if (definition.type === "object" && definition.catchall === undefined)
    delete jsonSchema.additionalProperties;
  if (definition.type === "union" && "discriminator" in definition) {
    jsonSchema.discriminator = { propertyName: definition.discriminator };
  }
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** Returns the names whose input and output definitions differ, directly or through a reference. */
function differing(input: Record<string, Json>, output: Record<string, Json>): ReadonlySet<string> {
  const shared = Object.keys(input).filter((name) => name in output);
  const texts = new Map(shared.map((name) => [name, canonical(input[name])]));
  const split = new Set(shared.filter((name) => texts.get(name) !== canonical(output[name])));
  for (let before = -1; before !== split.size; ) {
    before = split.size;
    for (const [name, text] of texts) {
      if ([...split].some((other) => text?.includes(`"${LOCAL}${other}"`))) split.add(name);
    }
  }
  return split;
}

/** Writes a value as JSON with sorted keys: the converter adds them in another order for answers. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) => {
    const isFields = typeof child === "object" && child !== null && !Array.isArray(child);
    return isFields
      ? Object.fromEntries(Object.entries(child).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : child;
  });
}

interface Finishing {
  nameOf: (name: string) => string;
  definitions: Record<string, Json>;
}

function finish(schema: Json, finishing: Finishing): Json {
  return walk(schema, (node) => {
    if (node.discriminator !== undefined) describeDiscriminator(node, finishing.definitions);
    if (typeof node.$ref === "string" && node.$ref.startsWith(LOCAL)) {
      node.$ref = SHARED + finishing.nameOf(node.$ref.slice(LOCAL.length));
    }
    const mapping = (node.discriminator as { mapping?: Record<string, string> } | undefined)?.mapping ?? {};
    for (const [tag, name] of Object.entries(mapping)) mapping[tag] = SHARED + finishing.nameOf(name);
  });
}

/** Adds the mapping of a discriminator. OpenAPI allows one among named schemas only; others lose it. */
function describeDiscriminator(node: Json, definitions: Record<string, Json>): void {
  const { propertyName } = node.discriminator as { propertyName: string };
  const names = ((node.oneOf ?? []) as Json[]).map(({ $ref }) => String($ref ?? "").slice(LOCAL.length));
  const entries = names.map((name) => [tagOf(definitions[name], propertyName), name]);
  if (entries.every(([tag]) => tag !== undefined)) {
    node.discriminator = { propertyName, mapping: Object.fromEntries(entries) };
  } else delete node.discriminator;
}

function tagOf(definition: Json | undefined, propertyName: string): string | undefined {
  const properties = definition?.properties as Record<string, { const?: string }> | undefined;
  return properties?.[propertyName]?.const;
}

/** Copies a value deeply and changes each object before its members. */
function walk(value: Json, change: (node: Json) => void): Json {
  const copy = { ...value };
  change(copy);
  for (const [key, entry] of Object.entries(copy)) copy[key] = walkValue(entry, change);
  return copy;
}

function walkValue(value: unknown, change: (node: Json) => void): unknown {
  if (Array.isArray(value)) return value.map((entry) => walkValue(entry, change));
  return typeof value === "object" && value !== null ? walk(value as Json, change) : value;
}
