import {
  type OpenAPIObject,
  OpenApiBuilder,
  type OperationObject,
  type ParameterObject,
  type PathItemObject,
} from "openapi3-ts/oas31";
import { z } from "zod";
import { scopeOf } from "../access/route-access.ts";
import { parameterNames, parseTemplate, toOpenApiPath } from "../path-template.ts";
import { accessOf, type Route, type RouteSpec } from "../route/route.ts";
import { describeBody, describeResponses } from "./describe-content.ts";
import { SchemaComponents } from "./schema-components.ts";
import { securityOf, securitySchemes } from "./security.ts";

export interface OpenApiOptions {
  version: string;
  /** Path below which clients reach the server; empty for none. */
  basePath: string;
  /** Name of the session cookie, where the server has one. */
  cookieName?: string | undefined;
}

const TITLE = "OpenHands Agent Server";
/** The OpenAPI 3.1 document of the routes, read from their schemas. */
export function buildOpenApi(
  routes: readonly Route[],
  { version, basePath, cookieName }: OpenApiOptions,
): OpenAPIObject {
  const schemas = new SchemaComponents();
  const shown = routes.filter(({ spec }) => spec.hidden !== true);
  const operations = shown.map(({ spec }) => ({ spec, describe: operation(spec, schemas) }));
  const components = schemas.build();

  const builder = OpenApiBuilder.create({ openapi: "3.1.0", info: { title: TITLE, version }, paths: {} });
  for (const [name, scheme] of securitySchemes(
    shown.map(({ spec }) => spec),
    cookieName,
  )) {
    builder.addSecurityScheme(name, scheme);
  }
  if (basePath !== "") builder.addServer({ url: basePath });
  for (const [name, schema] of Object.entries(components)) builder.addSchema(name, schema);
  for (const [path, item] of Map.groupBy(operations, ({ spec }) => toOpenApiPath(spec.path))) {
    const methods = item.map(({ spec, describe }) => [spec.method.toLowerCase(), describe()]);
    builder.addPath(path, Object.fromEntries(methods) as PathItemObject);
  }
  return builder.getSpec();
}

/** Registers the schemas of a route; the function describes the route once they are built. */
function operation(spec: RouteSpec, schemas: SchemaComponents): () => OperationObject {
  const parameters = [
    ...parametersIn("path", spec, schemas),
    ...parametersIn("query", spec, schemas),
    ...headersOf(spec),
  ];
  const requestBody = describeBody(spec, schemas);
  const responses = describeResponses(spec, schemas);
  const security = securityOf(spec);
  return () => ({
    operationId: operationId(spec),
    summary: spec.summary,
    tags: [...spec.tags],
    ...(security.length > 0 ? { security, "x-scope": scopeOf(accessOf(spec)) } : {}),
    ...(parameters.length > 0 ? { parameters: parameters.map((describe) => describe()) } : {}),
    ...(requestBody === undefined ? {} : { requestBody: requestBody() }),
    responses: responses(),
  });
}

/**
 * Makes the name that generators give to a method: that of the operation, its path and method, as the reference does.
 */
function operationId({ id, path, method }: RouteSpec): string {
  return `${`${id}${toOpenApiPath(path)}`.replace(/\W/g, "_")}_${method.toLowerCase()}`;
}

function headersOf({ headers = {} }: RouteSpec): (() => ParameterObject)[] {
  return Object.entries(headers).map(([name, description]) => {
    return () => ({ name, in: "header", required: false, description, schema: { type: "string" } });
  });
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
