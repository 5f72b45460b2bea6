import type { Principal } from "../principal.ts";
import { keyMatcher } from "../secrets/key-matcher.ts";

/** What a host's own check may answer: a principal or true admit the request, false and null refuse it. */
export type AuthenticateAnswer = Principal | boolean | null;

/** A host's own check of one request, in place of session keys. */
export type Authenticate = (request: Request) => AuthenticateAnswer | Promise<AuthenticateAnswer>;

export interface AuthenticationOptions {
  /** Accepted keys. Empty: no key is required. */
  keys: readonly string[];
  /** A host app's own check; it takes the place of the keys. */
  authenticate?: Authenticate;
}

/** The outcome of a check; undefined when the request is refused. */
export type Admission = { principal: Principal | null } | undefined;

/** Decides who may use the routes that require credentials. */
export interface Authentication {
  /** No credentials are required; only the browser's same-origin policy protects the server. */
  readonly open: boolean;
  /** Credentials may be ambient, such as a cookie that a browser attaches to requests of any page. Keys never are. */
  readonly ambient: boolean;
  /** Whether a socket may be accepted first and show its key in its first frame. */
  readonly firstFrame: boolean;
  admit(request: Request): Admission | Promise<Admission>;
  /** Whether this is one of the keys; never true where a host app's check takes their place. */
  isKey(candidate: string | null): boolean;
}

export const SESSION_KEY_HEADER = "X-Session-API-Key";

/** A caller without a name. Session keys are shared within one trust domain and rotate, so they identify nobody. */
const ANONYMOUS: Admission = Object.freeze({ principal: null });

export function createAuthentication({ keys, authenticate }: AuthenticationOptions): Authentication {
  if (authenticate !== undefined) {
    return {
      open: false,
      ambient: true,
      firstFrame: false,
      admit: async (request) => toAdmission(await authenticate(request)),
      isKey: () => false,
    };
  }
  if (keys.length === 0) {
    return { open: true, ambient: true, firstFrame: false, admit: () => ANONYMOUS, isKey: () => false };
  }
  const isKey = keyMatcher(keys);
  return {
    open: false,
    ambient: false,
    firstFrame: true,
    isKey,
    admit: (request) => (isKey(request.headers.get(SESSION_KEY_HEADER)) ? ANONYMOUS : undefined),
  };
}

/** Throws on an answer that is neither, so that a mistake of the host admits no caller. */
function toAdmission(answer: unknown): Admission {
  if (answer === true) return ANONYMOUS;
  if (answer === false || answer === null || answer === undefined) return undefined;
  if (isPrincipal(answer)) return { principal: answer };
  throw new TypeError("authenticate must answer true, false or { id, scopes? } with an id that is not empty");
}

function isPrincipal(answer: unknown): answer is Principal {
  if (typeof answer !== "object" || answer === null || !("id" in answer)) return false;
  return typeof answer.id === "string" && answer.id !== "";
}
