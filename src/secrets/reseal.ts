import { REDACTED } from "../wire/secret-source.ts";
import { type Cipher, looksEncrypted } from "./cipher.ts";
import { mapSecrets } from "./map-secrets.ts";

export interface ResealOptions {
  cipher: Cipher;
  /** Drops the tokens that no key opens. Default: they stay. */
  forgetUnreadable?: boolean | undefined;
}

/** A stored value whose secrets are all of the key that encrypts, but for those that no key opens. */
export interface Resealed<T> {
  /** The same object when nothing had to change. */
  value: T;
  /** Secrets that were of an earlier key, or in clear. */
  renewed: number;
  /** Secrets that no key opens. */
  unreadable: number;
}

/** Encrypts the secrets of a stored value with today's key. Done twice, it changes nothing the second time. */
export function resealSecrets<T>(value: T, { cipher, forgetUnreadable = false }: ResealOptions): Resealed<T> {
  let renewed = 0;
  let unreadable = 0;
  const resealed = mapSecrets(value, (secret, { place }) => {
    const isToken = looksEncrypted(secret);
    if (secret.trim() === "" || secret === REDACTED || (isToken && cipher.isCurrent(secret))) return secret;
    const text = isToken ? cipher.decrypt(secret) : secret;
    if (text !== null) {
      renewed += 1;
      return cipher.encrypt(text);
    }
    unreadable += 1;
    if (!forgetUnreadable) return secret;
    return place === "field" ? null : undefined;
  });
  return { value: resealed, renewed, unreadable };
}

/** The outcome for several stored values. */
export interface ResealReport {
  /** Values that were looked at. */
  seen: number;
  /** Values that were written. */
  written: number;
  /** Secrets that were encrypted again. */
  renewed: number;
  /** Secrets that no key opens. */
  unreadable: number;
  /** Names of values that have such secrets. At most 100. */
  unreadableIn: string[];
}

export function emptyReport(): ResealReport {
  return { seen: 0, written: 0, renewed: 0, unreadable: 0, unreadableIn: [] };
}

const MAX_NAMED = 100;

/** Adds a value to a report. */
export function count(
  report: ResealReport,
  name: string,
  { renewed, unreadable, written }: { renewed: number; unreadable: number; written: boolean },
): void {
  report.seen += 1;
  report.written += written ? 1 : 0;
  report.renewed += renewed;
  report.unreadable += unreadable;
  if (unreadable > 0 && report.unreadableIn.length < MAX_NAMED) report.unreadableIn.push(name);
}
