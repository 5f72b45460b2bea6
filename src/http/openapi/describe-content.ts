import type {
  ContentObject,
  RequestBodyObject,
  ResponseObject,
  ResponsesObject,
  SchemaObject,
} from "openapi3-ts/oas31";
import { errorBody, unprocessable } from "../../wire/validation-error.ts";
import { isUpload, type UploadSpec } from "../content/upload.ts";
import type { ResponseSpec } from "../route/outcome.ts";
import type { RouteSpec } from "../route/route.ts";
import type { SchemaComponents } from "./schema-components.ts";

const JSON_TYPE = "application/json";

const UNAUTHORIZED: ResponseSpec = { description: "The key is missing or wrong", body: errorBody };
const TOO_MANY_KEYS: ResponseSpec = {
  description: "The address has shown too many wrong keys",
  body: errorBody,
};
const UNREADABLE: ResponseSpec = { description: "The body cannot be read", body: errorBody };
const TOO_LARGE: ResponseSpec = { description: "The body is too large", body: errorBody };
const INVALID: ResponseSpec = {
  description: "The request is not valid, or cannot be carried out",
  body: unprocessable,
};
const NOT_MODIFIED: ResponseSpec = { description: "The client has these bytes already" };
const UNSATISFIABLE: ResponseSpec = { description: "The range begins past the end", body: errorBody };

/** Registers the schema of a body; the function describes the body once schemas are built. */
export function describeBody(
  { body, bodyOptional }: RouteSpec,
  schemas: SchemaComponents,
): (() => RequestBodyObject) | undefined {
  if (body === undefined) return undefined;
  if (isUpload(body)) {
    return () => ({ required: true, content: { "multipart/form-data": { schema: formSchema(body) } } });
  }
  const schema = schemas.add(body, "input");
  return () => ({ required: bodyOptional !== true, content: { [JSON_TYPE]: { schema: schema() } } });
}

function formSchema({ upload }: UploadSpec): SchemaObject {
  const file: SchemaObject = { type: "string", contentMediaType: "application/octet-stream" };
  return { type: "object", required: [upload], properties: { [upload]: file } };
}

/** Registers the schemas of all responses; the function describes them once schemas are built. */
export function describeResponses(spec: RouteSpec, schemas: SchemaComponents): () => ResponsesObject {
  const responses = Object.entries(allResponses(spec)).map(([status, response]) => {
    return [status, describeResponse(response, schemas)] as const;
  });
  return () => Object.fromEntries(responses.map(([status, describe]) => [status, describe()]));
}

function describeResponse(response: ResponseSpec, schemas: SchemaComponents): () => ResponseObject {
  const { description } = response;
  const withContent = (content: ContentObject) => () => ({ description, content });
  if ("bytes" in response) return withContent({ [response.bytes]: {} });
  if ("events" in response) return withContent({ "text/event-stream": { schema: { type: "string" } } });
  if (response.body === undefined) return () => ({ description });
  const schema = schemas.add(response.body, "output");
  return () => ({ description, content: { [JSON_TYPE]: { schema: schema() } } });
}

/** Adds the answers of the core, which come before the handler's or replace them. */
function allResponses(spec: RouteSpec): RouteSpec["responses"] {
  const responses: Record<number, ResponseSpec> = {};
  if (spec.auth !== "open") Object.assign(responses, { 401: UNAUTHORIZED, 429: TOO_MANY_KEYS });
  if (spec.body !== undefined) Object.assign(responses, { 400: UNREADABLE, 413: TOO_LARGE });
  if (spec.params !== undefined || spec.query !== undefined || spec.body !== undefined)
    responses[422] = INVALID;
  const whole = spec.responses[200];
  if (whole !== undefined && "bytes" in whole) {
    responses[206] = { ...whole, description: "The requested range" };
    responses[304] = NOT_MODIFIED;
    responses[416] = UNSATISFIABLE;
  }
  return { ...responses, ...spec.responses };
}
