/** Facts of an OpenAPI document that a generated client depends on, one line for each operation and schema. */

type Json = Record<string, unknown>;

export interface OperationFacts {
  id: string;
  /** By place and name, such as `query limit`. */
  parameters: Map<string, Field>;
  /** Media type and type of the body; empty without one. */
  body: string;
  /** Type of each answer by its status; empty for one without a body. */
  answers: Map<string, string>;
}

export interface Field {
  required: boolean;
  type: string;
}

export interface Facts {
  /** By method and path. */
  operations: Map<string, OperationFacts>;
  /** Fields of objects by name; `Name in` and `Name out` where requests and answers differ. */
  schemas: Map<string, Map<string, Field>>;
}

/** Reads the facts of a document. */
export function factsOf(document: unknown): Facts {
  const { paths, components } = document as { paths: Record<string, Json>; components: { schemas: Json } };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, OperationFacts] => [
      `${method.toUpperCase()} ${path}`,
      operationOf(operation as Json),
    ]),
  );
  const schemas = Object.entries(components.schemas).map(([name, schema]): [string, Map<string, Field>] => [
    name.replace(/-Input$/, " in").replace(/-Output$/, " out"),
    fieldsOf(schema as Json),
  ]);
  return { operations: new Map(operations), schemas: new Map(schemas) };
}

/** Names of schemas, without their direction, that operations refer to directly or through others. */
export function reachable(document: unknown, operations: ReadonlySet<string>): Set<string> {
  const { paths, components } = document as { paths: Record<string, Json>; components: { schemas: Json } };
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name = ""] of JSON.stringify(value).matchAll(
      /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (names.has(name)) continue;
      names.add(name);
      visit(components.schemas[name]);
    }
  };
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (operations.has(`${method.toUpperCase()} ${path}`)) visit(operation);
    }
  }
  return new Set([...names].map(withoutDirection));
}

function operationOf(operation: Json): OperationFacts {
  const parameters = ((operation.parameters ?? []) as Json[]).map((parameter): [string, Field] => [
    `${parameter.in} ${parameter.name}`,
    { required: parameter.required === true, type: typeOf(parameter.schema) },
  ]);
  const answers = Object.entries(operation.responses as Record<string, Json>).map(([status, answer]) => {
    return [status, contentOf(answer)] as const;
  });
  return {
    id: String(operation.operationId),
    parameters: new Map(parameters),
    body: contentOf((operation.requestBody ?? {}) as Json, true),
    answers: new Map(answers),
  };
}

function contentOf(holder: Json, withMediaType = false): string {
  const [entry] = Object.entries((holder.content ?? {}) as Record<string, Json>);
  if (entry === undefined) return "";
  const [mediaType, { schema }] = entry;
  return withMediaType ? `${mediaType} ${typeOf(schema)}` : typeOf(schema);
}

function fieldsOf(schema: Json): Map<string, Field> {
  const required = new Set((schema.required ?? []) as string[]);
  const properties = Object.entries((schema.properties ?? {}) as Json);
  return new Map(
    properties.map(([name, value]) => [name, { required: required.has(name), type: typeOf(value) }]),
  );
}

/** Writes a type in short: `array<Tool>`, `map<string>`, `A or B`. Whether null is allowed does not count. */
export function typeOf(value: unknown): string {
  const schema = (value ?? {}) as Json;
  if (typeof schema.$ref === "string")
    return withoutDirection(schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1));
  const alternatives = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (alternatives !== undefined) {
    const types = alternatives.filter(({ type }) => type !== "null").map(typeOf);
    return [...new Set(types)].toSorted().join(" or ");
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => type !== "null").map((type) => typeOf({ ...schema, type }));
    return types.toSorted().join(" or ");
  }
  if (schema.const !== undefined) return `'${schema.const}'`;
  if (Array.isArray(schema.enum))
    return schema.enum
      .map((option) => `'${option}'`)
      .toSorted()
      .join(" or ");
  if (schema.type === "array")
    return `array<${schema.items === undefined || schema.prefixItems !== undefined ? "tuple" : typeOf(schema.items)}>`;
  if (schema.type === "object" && schema.properties === undefined)
    return `map<${typeOf(schema.additionalProperties)}>`;
  return typeof schema.type === "string" ? schema.type : "any";
}

function withoutDirection(name: string): string {
  return name.replace(/-(Input|Output)$/, "");
}

/** Writes facts as text. */
export function toText({ operations, schemas }: Facts): string {
  const lines = [...operations].map(([key, { id, parameters, body, answers }]) => {
    const statuses = [...answers].map(([status, type]) => `${status} ${type}`.trim());
    return [key, id, fieldText(parameters), body, statuses.join(", ")].join(" | ");
  });
  const objects = [...schemas].map(([name, fields]) => `${name} | ${fieldText(fields)}`);
  return `${[...lines, "", ...objects].join("\n")}\n`;
}

function fieldText(fields: Map<string, Field>): string {
  return [...fields].map(([name, { required, type }]) => `${name}${required ? "" : "?"}: ${type}`).join(", ");
}

/** Reads facts from text. */
export function fromText(text: string): Facts {
  const [operations = "", schemas = ""] = text.split("\n\n");
  return {
    operations: new Map(
      operations.split("\n").map((line): [string, OperationFacts] => {
        const [key = "", id = "", parameters = "", body = "", answers = ""] = line.split(" | ");
        const statuses = answers
          .split(", ")
          .map((answer): [string, string] => [answer.slice(0, 3), answer.slice(4)]);
        return [key, { id, parameters: readFields(parameters), body, answers: new Map(statuses) }];
      }),
    ),
    schemas: new Map(
      schemas
        .trimEnd()
        .split("\n")
        .map((line): [string, Map<string, Field>] => {
          const [name = "", fields = ""] = line.split(" | ");
          return [name, readFields(fields)];
        }),
    ),
  };
}

function readFields(text: string): Map<string, Field> {
  if (text === "") return new Map();
  return new Map(
    text.split(", ").map((field): [string, Field] => {
      const at = field.indexOf(": ");
      const name = field.slice(0, at);
      return [name.replace(/\?$/, ""), { required: !name.endsWith("?"), type: field.slice(at + 2) }];
    }),
  );
}
