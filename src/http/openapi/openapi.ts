import {
  type OpenAPIObject,
  OpenApiBuilder,
  type OperationObject,
  type ParameterObject,
  type PathItemObject,
  type RequestBodyObject,
  type ResponseObject,
  type SchemaObject,
  type SecuritySchemeObject,
} from "openapi3-ts/oas31";
import { z } from "zod";
import { errorBody, httpValidationError } from "../../wire/validation-error.ts";
import { SESSION_KEY_HEADER } from "../admission/authentication.ts";
import { isUpload, type UploadSpec } from "../content/upload.ts";
import { parameterNames, parseTemplate, toOpenApiPath } from "../path-template.ts";
import {
  type Credential,
  credentialsOf,
  type ResponseSpec,
  type Route,
  type RouteSpec,
} from "../route/route.ts";
import { SchemaComponents } from "./schema-components.ts";

export interface OpenApiOptions {
  version: string;
  /** Path below which clients reach the server; empty for none. */
  basePath: string;
  /** Name of the session cookie, where the server has one. */
  cookieName?: string | undefined;
}

const TITLE = "OpenHands Agent Server";
/** Names of the security schemes. */
const SCHEMES: Record<Credential, string> = {
  key: "SessionApiKey",
  bearer: "SessionBearer",
  cookie: "SessionCookie",
};
const JSON_TYPE = "application/json";
const MULTIPART_TYPE = "multipart/form-data";

/** The OpenAPI 3.1 document of the routes, read from their schemas. */
export function buildOpenApi(routes: readonly Route[], options: OpenApiOptions): OpenAPIObject {
  const { version, basePath } = options;
  const schemas = new SchemaComponents();
  const operations = routes.map(({ spec }) => ({ spec, describe: operation(spec, schemas) }));
  const components = schemas.build();

  const builder = OpenApiBuilder.create({ openapi: "3.1.0", info: { title: TITLE, version }, paths: {} });
  for (const credential of new Set(routes.flatMap(({ spec }) => credentialsOf(spec)))) {
    builder.addSecurityScheme(SCHEMES[credential], securityScheme(credential, options));
  }
  if (basePath !== "") builder.addServer({ url: basePath });
  for (const [name, schema] of Object.entries(components)) builder.addSchema(name, schema);
  for (const [path, item] of Map.groupBy(operations, ({ spec }) => toOpenApiPath(spec.path))) {
    const methods = item.map(({ spec, describe }) => [spec.method.toLowerCase(), describe()]);
    builder.addPath(path, Object.fromEntries(methods) as PathItemObject);
  }
  return builder.getSpec();
}

function securityScheme(
  credential: Credential,
  { cookieName = "session" }: OpenApiOptions,
): SecuritySchemeObject {
  switch (credential) {
    case "key":
      return { type: "apiKey", in: "header", name: SESSION_KEY_HEADER };
    case "bearer":
      return { type: "http", scheme: "bearer" };
    case "cookie":
      return { type: "apiKey", in: "cookie", name: cookieName };
  }
}

/** Registers the schemas of a route; what it returns describes the route once they are built. */
function operation(spec: RouteSpec, schemas: SchemaComponents): () => OperationObject {
  const parameters = [...parametersIn("path", spec, schemas), ...parametersIn("query", spec, schemas)];
  const requestBody = describeBody(spec, schemas);
  const responses = Object.entries(allResponses(spec)).map(([status, { description, body: schema }]) => {
    const described = schema === undefined ? undefined : schemas.add(schema, "output");
    return { status, description, described };
  });
  return () => ({
    operationId: spec.id,
    summary: spec.summary,
    tags: [...spec.tags],
    ...(spec.auth === "open"
      ? {}
      : { security: credentialsOf(spec).map((credential) => ({ [SCHEMES[credential]]: [] })) }),
    ...(parameters.length > 0 ? { parameters: parameters.map((describe) => describe()) } : {}),
    ...(requestBody === undefined ? {} : { requestBody: requestBody() }),
    responses: Object.fromEntries(
      responses.map(({ status, description, described }): [string, ResponseObject] => [
        status,
        described === undefined
          ? { description }
          : { description, content: { [JSON_TYPE]: { schema: described() } } },
      ]),
    ),
  });
}

function describeBody(
  { body, bodyOptional }: RouteSpec,
  schemas: SchemaComponents,
): (() => RequestBodyObject) | undefined {
  if (body === undefined) return undefined;
  if (isUpload(body))
    return () => ({ required: true, content: { [MULTIPART_TYPE]: { schema: formSchema(body) } } });
  const schema = schemas.add(body, "input");
  return () => ({ required: bodyOptional !== true, content: { [JSON_TYPE]: { schema: schema() } } });
}

function formSchema({ upload }: UploadSpec): SchemaObject {
  const file: SchemaObject = { type: "string", contentMediaType: "application/octet-stream" };
  return { type: "object", required: [upload], properties: { [upload]: file } };
}

const UNAUTHORIZED: ResponseSpec = { description: "The key is missing or wrong", body: errorBody };
const INVALID: ResponseSpec = { description: "Validation error", body: httpValidationError };

function allResponses(spec: RouteSpec): RouteSpec["responses"] {
  const responses: Record<number, ResponseSpec> = {};
  if (spec.auth !== "open") responses[401] = UNAUTHORIZED;
  if (spec.params !== undefined || spec.query !== undefined || spec.body !== undefined)
    responses[422] = INVALID;
  return { ...responses, ...spec.responses };
}

function parametersIn(
  place: "path" | "query",
  spec: RouteSpec,
  schemas: SchemaComponents,
): (() => ParameterObject)[] {
  const shape = place === "path" ? pathShape(spec) : (spec.query?.shape ?? {});
  return Object.entries(shape).map(([name, field]) => {
    const schema = field as z.ZodType;
    const describe = schemas.add(schema, "input");
    const required = place === "path" || !schema.safeParse(undefined).success;
    return () => {
      const { description, ...rest } = describe() as { description?: string };
      return {
        name,
        in: place,
        required,
        ...(description === undefined ? {} : { description }),
        schema: rest,
      };
    };
  });
}

/** Describes every parameter of the template, also those that have no schema. */
function pathShape({ path, params }: RouteSpec): Record<string, unknown> {
  const names = parameterNames(parseTemplate(path));
  return Object.fromEntries(names.map((name) => [name, params?.shape[name] ?? z.string()]));
}
