import { isObject } from "../../is-object.ts";
import type { Access, Principal, Scope } from "../../principal.ts";
import { keyMatcher } from "../../secrets/key-matcher.ts";
import { type Caller, callerOf, OPERATOR } from "../access/caller.ts";
import type { RequestAbout } from "../request-about.ts";
import type { Credential } from "../route/route.ts";
import { bearerTokenIn, cookieValue } from "./credentials.ts";
import { KeyAttempts } from "./key-attempts.ts";

/** The answer of a check: a principal or true admits the request, false or null refuses it. */
export type AuthenticateAnswer = Principal | boolean | null;

/** A host's own check of one request, in place of session keys. */
export type Authenticate = (request: Request) => AuthenticateAnswer | Promise<AuthenticateAnswer>;

/** Keys that are made, and revoked, while the server runs. Each says what its callers may do. */
export interface ScopedKeys {
  /** Whether a text has the form of such a key. */
  isKey(text: string): boolean;
  /** The caller of a key; undefined for one that is unknown or not valid any more. */
  find(text: string): Promise<Caller | undefined>;
  /**
   * The caller of the key with this id, which has been shown before; undefined once it is not valid any more, and where
   * a version is given, once it has another text.
   */
  current(keyId: string, version?: string): Promise<Caller | undefined>;
}

/** Decides about one token, such as the value of a cookie. */
export type TokenCheck = (token: string, request: Request) => Admission | Promise<Admission>;

/** Who is served without credentials: callers of this machine, or anyone who reaches the server. */
export type Keyless = "loopback" | "anyone";

export interface AuthenticationOptions {
  /** Accepted keys. */
  keys: readonly string[];
  /** Who is served where there are neither keys nor `authenticate`. */
  keyless?: Keyless | undefined;
  /** A host app's own check; it takes the place of the keys, as header and as bearer token. */
  authenticate?: Authenticate | undefined;
  /** Further keys, also where `authenticate` is given. Default: none. */
  scopedKeys?: ScopedKeys | undefined;
  /** Decides about bearer tokens while keys are configured. Default: a key is one. */
  bearer?: TokenCheck | undefined;
  /** The session cookie. Without it, routes with `cookie` admit by their other credentials only. */
  cookie?: SessionCookie | undefined;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The cookie that routes with `cookie` accept. */
export interface SessionCookie {
  name: string;
  check: TokenCheck;
}

/** The outcome of a check; undefined when the request is refused. */
export type Admission = Caller | undefined;

/** Decides about one request. Throws `too_many_requests` for an address that has shown too many wrong keys. */
export type Admit = (
  request: Request,
  about: Pick<RequestAbout, "peerAddress">,
) => Admission | Promise<Admission>;

/** Decides who may use the routes that require credentials. */
export interface Authentication {
  /** Who is served without credentials; undefined where they are required. */
  readonly keyless: Keyless | undefined;
  /** Credentials may be ambient, such as a cookie that a browser attaches to requests of any page. Keys never are. */
  readonly ambient: boolean;
  /** Whether a socket may be accepted first and show its key in its first frame. */
  readonly firstFrame: boolean;
  /** The check of a route: any one of its credentials is enough, and they are tried in order. */
  checkOf(credentials: readonly Credential[]): Admit;
  /**
   * The caller of a key; never one where a host app's check takes the place of keys. Throws `too_many_requests` for an
   * address that has shown too many wrong ones.
   */
  admitKey: AdmitKey;
}

/** Decides about a key, wherever it was shown. */
export type AdmitKey = (
  candidate: string | null,
  peerAddress: string | undefined,
) => Admission | Promise<Admission>;

const SCOPES: readonly Scope[] = ["read", "write", "admin"];
const REACHES: readonly unknown[] = ["own", "all"];

export const SESSION_KEY_HEADER = "X-Session-API-Key";

/** Throws TypeError without keys, `authenticate` and a word that says who is served without them. */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { keys, authenticate, keyless, scopedKeys } = options;
  const cookie = cookieCheck(options.cookie);
  if (authenticate !== undefined) {
    const hosted: Admit = async (request) =>
      (await byScopedKey(request, scopedKeys)) ?? toAdmission(await authenticate(request));
    const checkOf = (credentials: readonly Credential[]) =>
      firstOf(new Set(credentials.map((credential) => (credential === "cookie" ? cookie : hosted))));
    return { keyless: undefined, ambient: true, firstFrame: false, checkOf, admitKey: () => undefined };
  }
  if (keys.length === 0) {
    if (keyless === undefined) throw new TypeError("keys, authenticate or keyless is required");
    const checkOf = () => () => OPERATOR;
    return { keyless, ambient: true, firstFrame: false, checkOf, admitKey: () => undefined };
  }
  const attempts = new KeyAttempts({ isKey: keyMatcher(keys), now: options.now });
  const isOperator: AdmitKey = (candidate, peerAddress) =>
    attempts.check(candidate, peerAddress) ? OPERATOR : undefined;
  const admitKey: AdmitKey = (candidate, peerAddress) =>
    candidate !== null && scopedKeys?.isKey(candidate)
      ? scopedKeys.find(candidate).then((caller) => caller ?? isOperator(candidate, peerAddress))
      : isOperator(candidate, peerAddress);
  const keyFrom = (read: (request: Request) => string | null): Admit => {
    return (request, { peerAddress }) => admitKey(read(request), peerAddress);
  };
  const checks: Record<Credential, Admit> = {
    key: keyFrom(({ headers }) => headers.get(SESSION_KEY_HEADER)),
    bearer:
      options.bearer === undefined
        ? keyFrom(({ headers }) => bearerTokenIn(headers))
        : bearerCheck(options.bearer),
    cookie,
  };
  const checkOf = (credentials: readonly Credential[]) =>
    firstOf(new Set(credentials.map((credential) => checks[credential])));
  return { keyless: undefined, ambient: false, firstFrame: true, checkOf, admitKey };
}

/** The caller of a scoped key that a request of a host app's user shows; undefined without one. */
async function byScopedKey({ headers }: Request, keys: ScopedKeys | undefined): Promise<Admission> {
  if (keys === undefined) return undefined;
  for (const text of [headers.get(SESSION_KEY_HEADER), bearerTokenIn(headers)]) {
    if (text !== null && keys.isKey(text)) return keys.find(text);
  }
  return undefined;
}

/** Tries checks in order until one admits. One that throws is passed over, and counts only when none admits. */
function firstOf(checks: ReadonlySet<Admit>): Admit {
  const [only] = checks;
  if (only !== undefined && checks.size === 1) return only;
  return async (request, about) => {
    const errors: unknown[] = [];
    for (const check of checks) {
      try {
        const admission = await check(request, about);
        if (admission !== undefined) return admission;
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return undefined;
  };
}

function bearerCheck(check: TokenCheck): Admit {
  return async (request) => {
    const token = bearerTokenIn(request.headers);
    return token === null ? undefined : check(token, request);
  };
}

function cookieCheck(cookie: SessionCookie | undefined): Admit {
  return async (request) => {
    const value = cookie === undefined ? null : cookieValue(request, cookie.name);
    return cookie === undefined || value === null ? undefined : cookie.check(value, request);
  };
}

/** Throws on an answer that is none of those allowed, so that a mistake of the host admits no caller. */
function toAdmission(answer: unknown): Admission {
  if (answer === true) return OPERATOR;
  if (answer === false || answer === null || answer === undefined) return undefined;
  if (isPrincipal(answer)) return callerOf(answer);
  throw new TypeError(
    "authenticate must answer true, false or { id, scopes?, access? } with an id that is not empty and an access of " +
      "{ scope: read, write or admin, conversations?: own or all }",
  );
}

function isPrincipal(answer: unknown): answer is Principal {
  if (typeof answer !== "object" || answer === null || !("id" in answer)) return false;
  if (typeof answer.id !== "string" || answer.id === "") return false;
  return !("access" in answer) || answer.access === undefined || isAccess(answer.access);
}

function isAccess(access: unknown): access is Access {
  if (!isObject(access) || !SCOPES.includes(access.scope as Scope)) return false;
  return access.conversations === undefined || REACHES.includes(access.conversations);
}
