import { isObject } from "../../../is-object.ts";

/** A login that programs renew, in the place where it is kept for all of them. */
export interface SharedLogin {
  /** Names the place. A program is started again for a login of another place. */
  readonly source: string;
  /** Whether it was bound to the conversation, which then never goes on with another one. */
  readonly isBound: boolean;
  /** Resolves to the login as it is now; undefined when it is gone. Rejects while it cannot be read. */
  read(): Promise<KeptLogin | undefined>;
  /**
   * Puts a renewed login in place of this version. Resolves to the new version; undefined when the login is another one
   * by now, or gone. Rejects while it cannot be written.
   */
  replace(version: string, value: string): Promise<string | undefined>;
}

/** A login with the name of its state, which each change makes another one. */
export interface KeptLogin {
  value: string;
  version: string;
}

/** Finds the login that is kept under the name of a secret; undefined where none is shared. */
export type FindLogin = (name: string) => Promise<SharedLogin | undefined>;

/** The login of a ChatGPT account, as Codex writes it. */
interface CodexLogin {
  tokens: Record<string, unknown>;
  /** Milliseconds since 1970; 0 where it does not say. */
  renewedAt: number;
}

/** Reads a login of Codex. undefined for everything else, such as a file that is half written. */
export function codexLogin(text: string): CodexLogin | undefined {
  try {
    const login: unknown = JSON.parse(text);
    if (!isObject(login) || !isObject(login.tokens)) return undefined;
    const { auth_mode: mode, tokens, last_refresh: renewed } = login;
    if (mode != null && mode !== "chatgpt") return undefined;
    if (typeof tokens.refresh_token !== "string" || tokens.refresh_token === "") return undefined;
    const renewedAt = typeof renewed === "string" ? Date.parse(renewed) : 0;
    return { tokens, renewedAt: Number.isNaN(renewedAt) ? 0 : renewedAt };
  } catch {
    return undefined;
  }
}

/** The texts of a login that nothing may show: the whole, and each of its tokens. */
export function secretsOfLogin(text: string): string[] {
  const tokens = Object.values(codexLogin(text)?.tokens ?? {});
  return [text, ...tokens.filter((token) => typeof token === "string")];
}

/** Whether a login was renewed after another one. */
export function isNewer(login: string, other: string): boolean {
  return (codexLogin(login)?.renewedAt ?? 0) > (codexLogin(other)?.renewedAt ?? 0);
}
