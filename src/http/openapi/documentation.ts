import type { OpenAPIObject } from "openapi3-ts/oas31";
import { AgentServerError } from "../../errors.ts";
import { textAnswer } from "../answer.ts";
import type { Route } from "../route/route.ts";
import type { Endpoint } from "../route/route-handler.ts";
import { type DocsAssets, docsFile, redocPage, swaggerPage } from "./docs.ts";
import { buildOpenApi, type OpenApiOptions } from "./openapi.ts";

/** The OpenAPI document and the pages that show it. */
export interface Documentation {
  /** Builds the document when first called. */
  openapi(): OpenAPIObject;
  /** Path and endpoint of each; unlike all other routes, these answer HEAD too. */
  readonly pages: readonly (readonly [path: string, endpoint: Endpoint])[];
}

/** Describes routes. Without assets only the document is served, not the pages. */
export function createDocumentation(
  routes: readonly Route[],
  options: OpenApiOptions,
  assets: DocsAssets | undefined,
): Documentation {
  let document: OpenAPIObject | undefined;
  let documentText: string | undefined;
  const openapi = () => {
    document ??= buildOpenApi(routes, options);
    return document;
  };
  const json: Endpoint = () => {
    documentText ??= JSON.stringify(openapi());
    return textAnswer(200, documentText, { "content-type": "application/json" });
  };
  const file = (docsAssets: DocsAssets): Endpoint => {
    return async (_request, { params }) => {
      const answer = await docsFile(params.file ?? "", docsAssets);
      if (answer === undefined) throw new AgentServerError("not_found");
      return answer;
    };
  };
  const pages: [string, Endpoint][] = [["/openapi.json", json]];
  if (assets !== undefined) {
    pages.push(["/docs", swaggerPage], ["/redoc", redocPage], ["/docs/{file}", file(assets)]);
  }
  return { openapi, pages };
}
