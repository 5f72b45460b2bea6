import type { Clock } from "../../clock.ts";

/** Milliseconds that a browser may use a back end. Pages ask for a new session before. */
export const APP_SESSION_LIFETIME = 5 * 60 * 1000;

/** Sessions at a time. The oldest makes room for a new one. */
const MAX_SESSIONS = 1_000;
const TOKEN_BYTES = 32;

/** A browser that may use one back end, until that ends or starts again. */
export interface AppSession {
  readonly name: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Aborts when the session is revoked. */
  readonly revoked: AbortSignal;
}

interface Entry extends AppSession {
  revoke(): void;
}

/** The sessions of browsers with back ends, in memory: back ends end with the server as well. */
export class AppSessions {
  readonly #clock: Pick<Clock, "now">;
  readonly #sessions = new Map<string, Entry>();

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Opens a session. The token is the only proof of it. */
  create(name: string, port: number): { token: string; session: AppSession } {
    this.#prune();
    const [oldest] = this.#sessions.keys();
    if (oldest !== undefined && this.#sessions.size >= MAX_SESSIONS) this.revokeToken(oldest);
    const token = newToken();
    const ending = new AbortController();
    const session: Entry = {
      ...{ name, port, revoked: ending.signal, revoke: () => ending.abort() },
      expiresAt: this.#clock.now() + APP_SESSION_LIFETIME,
    };
    this.#sessions.set(token, session);
    return { token, session };
  }

  /** The session of a token with this back end at this port. null for any other, and for an expired one. */
  find(token: string | null, { name, port }: { name: string; port: number }): AppSession | null {
    const session = token === null ? undefined : this.#sessions.get(token);
    if (session === undefined || session.expiresAt <= this.#clock.now()) return null;
    return session.name === name && session.port === port ? session : null;
  }

  /** Milliseconds until a session expires. */
  remaining({ expiresAt }: AppSession): number {
    return Math.max(0, expiresAt - this.#clock.now());
  }

  revokeToken(token: string | null): void {
    if (token === null) return;
    this.#sessions.get(token)?.revoke();
    this.#sessions.delete(token);
  }

  /** Ends what all browsers do with a back end. */
  revokeApp(name: string): void {
    for (const [token, session] of this.#sessions) if (session.name === name) this.revokeToken(token);
  }

  /** Expired sessions go without being revoked: an answer that is being sent is sent to its end. */
  #prune(): void {
    const now = this.#clock.now();
    for (const [token, { expiresAt }] of this.#sessions) if (expiresAt <= now) this.#sessions.delete(token);
  }
}

function newToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
