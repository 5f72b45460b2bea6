import type { SecurityRequirementObject, SecuritySchemeObject } from "openapi3-ts/oas31";
import { SESSION_KEY_HEADER } from "../admission/authentication.ts";
import { type Credential, credentialsOf, type RouteSpec } from "../route/route.ts";

const SCHEMES: Record<Credential, string> = {
  key: "SessionApiKey",
  bearer: "SessionBearer",
  cookie: "SessionCookie",
};

/** The security schemes that routes use, by name. */
export function securitySchemes(
  specs: readonly RouteSpec[],
  cookieName = "session",
): [name: string, scheme: SecuritySchemeObject][] {
  const used = new Set(specs.flatMap(credentialsOf));
  return [...used].map((credential) => [SCHEMES[credential], schemeOf(credential, cookieName)]);
}

/** The credentials of a route, any one of which is enough; empty for an open route. */
export function securityOf(spec: RouteSpec): SecurityRequirementObject[] {
  return credentialsOf(spec).map((credential) => ({ [SCHEMES[credential]]: [] }));
}

function schemeOf(credential: Credential, cookieName: string): SecuritySchemeObject {
  switch (credential) {
    case "key":
      return { type: "apiKey", in: "header", name: SESSION_KEY_HEADER };
    case "bearer":
      return { type: "http", scheme: "bearer" };
    case "cookie":
      return { type: "apiKey", in: "cookie", name: cookieName };
  }
}
