import type { OpenAPIObject, OperationObject, ParameterObject, SchemaObject } from "openapi3-ts/oas31";

/** An operation of the OpenAPI document, as far as requests are made of it. */
export interface Operation {
  method: string;
  path: string;
  parameters: readonly ParameterObject[];
  /** Schema of a JSON body; undefined for none. */
  body: SchemaObject | undefined;
  /** Whether a request may make a conversation under an id that it names. */
  takesNewId: boolean;
  /** Finds a schema by the reference to it. */
  find(reference: string): SchemaObject | undefined;
}

/** What requests may name. */
export interface Names {
  conversation: string;
  event: string;
  command: string;
  folder: string;
  /** The conversation of the path. */
  own: string;
}

export interface Wish {
  names: Names;
  spell(id: string): string;
  /** Decides which of the names stands where. */
  seed: number;
}

const METHODS = ["get", "post", "put", "patch", "delete"] as const;
const MAX_DEPTH = 4;

/** Every operation of a document that a key admits to. */
export function operationsOf(document: OpenAPIObject): Operation[] {
  const find = (reference: string) =>
    document.components?.schemas?.[reference.replace("#/components/schemas/", "")] as
      | SchemaObject
      | undefined;
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method] as OperationObject | undefined;
      if (operation?.security === undefined) return [];
      const content = (
        operation.requestBody as { content?: Record<string, { schema?: SchemaObject }> } | undefined
      )?.content;
      return {
        ...{ method: method.toUpperCase(), path, find },
        parameters: (operation.parameters ?? []) as ParameterObject[],
        // `Request` makes no GET with a body.
        body: method === "get" ? undefined : content?.["application/json"]?.schema,
        takesNewId: /^\/(api\/conversations|v1\/.*|.*\/fork)$/.test(path) && method === "post",
      };
    }),
  );
}

/** The path of a request with its parameters, which name what the wish has. */
export function withParameters({ path, parameters }: Operation, wish: Wish): string {
  const next = choices(wish);
  const ids = path.match(/\{[^}]*\}/g) ?? [];
  const filled = ids.reduce((text, id) => text.replace(id, encodeURIComponent(inPath(id, wish, next))), path);
  const query = parameters
    .filter((parameter) => parameter.in === "query")
    .flatMap(({ name, required }) =>
      required || next(2) === 0 ? [`${name}=${encodeURIComponent(next.text())}`] : [],
    );
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}

function inPath(parameter: string, { names, spell }: Wish, next: Choices): string {
  switch (parameter) {
    case "{runtime_conversation_id}":
    case "{conversation_id}":
      return spell(names.own);
    case "{event_id}":
      return [names.event, names.command][next(2)] ?? names.event;
    case "{command_id}":
      return names.command;
    case "{file_path}":
      return ["index.html", "../ada/index.html", `${names.folder}/index.html`][next(3)] ?? "index.html";
    default:
      return next.text();
  }
}

/** A body that the schema of the operation may allow; undefined for one without. */
export function bodyOf({ body, find }: Operation, wish: Wish): unknown {
  return body === undefined ? undefined : madeOf(body, { find, next: choices(wish), depth: 0 });
}

interface Building {
  find: Operation["find"];
  next: Choices;
  depth: number;
}

function madeOf(schema: SchemaObject, { find, next, depth }: Building): unknown {
  const inner = { find, next, depth: depth + 1 };
  const reference = (schema as { $ref?: string }).$ref;
  if (reference !== undefined) return depth > MAX_DEPTH ? null : madeOf(find(reference) ?? {}, inner);
  const variants = (schema.anyOf ?? schema.oneOf) as SchemaObject[] | undefined;
  if (variants !== undefined) return madeOf(variants[next(variants.length)] ?? {}, inner);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[next(schema.enum.length)];
  switch (schema.type) {
    case "object":
      return objectOf(schema, inner);
    case "array":
      return depth > MAX_DEPTH ? [] : [madeOf((schema.items ?? {}) as SchemaObject, inner)];
    case "integer":
    case "number":
      return 1;
    case "boolean":
      return next(2) === 0;
    case "null":
      return null;
    default:
      return next.text();
  }
}

function objectOf({ properties = {}, required = [] }: SchemaObject, building: Building): object {
  const { next, depth } = building;
  const fields = Object.entries(properties).filter(
    ([name]) => required.includes(name) || (depth <= MAX_DEPTH && next(2) === 0),
  );
  return Object.fromEntries(fields.map(([name, schema]) => [name, madeOf(schema as SchemaObject, building)]));
}

interface Choices {
  /** A number from 0 on, below the limit. */
  (limit: number): number;
  /** One of the names. */
  text(): string;
}

/** Choices that the seed decides, the same for each request that is made with it. */
function choices({ names, spell, seed }: Wish): Choices {
  let state = seed + 1;
  const next = (limit: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
  const pool = [
    () => spell(names.conversation),
    () => names.event,
    () => names.command,
    () => names.folder,
    () => `${names.folder}/index.html`,
    () => "ada",
    () => "1",
  ];
  return Object.assign(next, { text: () => pool[next(pool.length)]?.() ?? "" });
}
