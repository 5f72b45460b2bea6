import { keyMatcher } from "../secrets/key-matcher.ts";

export interface AuthenticationOptions {
  /** Accepted keys. Empty: none is asked for. */
  keys: readonly string[];
  /** A host app's own check; it takes the place of the keys. */
  authenticate?: (request: Request) => boolean | Promise<boolean>;
}

/** Who may use the routes that ask for a key. */
export interface Authentication {
  /** Nobody is asked for anything: the browser's same-origin rules are all that protects the server. */
  readonly open: boolean;
  /** What admits a request may be something a browser sends along by itself, for any page. A key never is. */
  readonly ambient: boolean;
  /** Whether this request may go on. */
  admits(request: Request): boolean | Promise<boolean>;
  /** Whether this is one of the keys; never true where a host app's check has taken their place. */
  isKey(candidate: string | null): boolean;
  /** Whether a socket may be accepted first and show its key in its first frame. */
  readonly firstFrame: boolean;
}

export const SESSION_KEY_HEADER = "X-Session-API-Key";

export function createAuthentication({ keys, authenticate }: AuthenticationOptions): Authentication {
  if (authenticate !== undefined) {
    return { open: false, ambient: true, firstFrame: false, admits: authenticate, isKey: () => false };
  }
  if (keys.length === 0) {
    return { open: true, ambient: true, firstFrame: false, admits: () => true, isKey: () => false };
  }
  const isKey = keyMatcher(keys);
  return {
    open: false,
    ambient: false,
    firstFrame: true,
    isKey,
    admits: (request) => isKey(request.headers.get(SESSION_KEY_HEADER)),
  };
}
