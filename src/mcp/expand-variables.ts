import { isObject } from "../is-object.ts";

/** Resolves to the values of the names that occur in a text, and perhaps of others. */
export type LookUp = (text: string) => Promise<Readonly<Record<string, string>>>;

export interface ExpandOptions {
  lookUp: LookUp;
  /** Whether `$NAME` is a reference as well. Default: only `${NAME}` and `${NAME:-default}` are. */
  hasBare?: boolean;
}

const BRACED = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;
const ANY = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$([A-Za-z_][A-Za-z0-9_]*)/g;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every text of a value. A name without a value and without a default
 * stays as it is. What a value contains is not looked at again.
 */
export async function expandVariables<T>(value: T, { lookUp, hasBare = false }: ExpandOptions): Promise<T> {
  const pattern = hasBare ? ANY : BRACED;
  const names = new Set(namesIn(value, pattern));
  if (names.size === 0) return value;
  const values = await lookUp([...names].join(" "));
  const replace = (text: string) =>
    text.replaceAll(pattern, (whole, braced?: string, fallback?: string, bare?: string) => {
      const name = braced ?? (typeof bare === "string" ? bare : "");
      return Object.hasOwn(values, name) ? (values[name] ?? whole) : (fallback ?? whole);
    });
  return mapped(value, replace) as T;
}

function namesIn(value: unknown, pattern: RegExp): string[] {
  if (typeof value === "string")
    return [...value.matchAll(pattern)].map(([, braced, , bare]) => braced ?? bare ?? "");
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item, pattern));
  return isObject(value) ? Object.entries(value).flatMap((entry) => namesIn(entry, pattern)) : [];
}

function mapped(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === "string") return replace(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [replace(key), mapped(item, replace)]),
  );
}
