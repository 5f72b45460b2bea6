import { SourceError } from "./source-error.ts";

/** `${NAME}`, or `${NAME:-default}`, whose default is not used. */
const VARIABLE = /\$\{([a-zA-Z_][a-zA-Z0-9_]*)(?::-[^}]*)?\}/g;

/** Resolves the value of a secret. undefined for one that is not there. */
export type SecretValue = (name: string) => Promise<string | undefined>;

/** Where the values of secrets come from. Those that are not there stay as they are, unless all `areRequired`. */
export interface SecretFilling {
  secret: SecretValue;
  areRequired: boolean;
}

/** A text with its secrets filled in. */
export interface FilledText {
  text: string;
  /** The values that are in it, to hide them again in what is said about the text. */
  values: readonly string[];
}

/**
 * Fills secrets into a text.
 *
 * @throws SourceError `missing_secret`
 */
export async function fillSecrets(text: string, { secret, areRequired }: SecretFilling): Promise<FilledText> {
  const names = new Set([...text.matchAll(VARIABLE)].map(([, name = ""]) => name));
  const values = new Map<string, string>();
  for (const name of [...names].sort()) {
    const value = await secret(name);
    if (value !== undefined) values.set(name, value);
    else if (areRequired) throw new SourceError("missing_secret", `Missing secret: ${name}`);
  }
  return {
    text: text.replaceAll(VARIABLE, (whole, name: string) => values.get(name) ?? whole),
    values: [...values.values()].filter((value) => value !== ""),
  };
}

/** A text without values. The longest go first, as one may be part of another. Clients know the text in their place. */
export function hideValues(text: string, values: readonly string[]): string {
  const longestFirst = values.toSorted((one, other) => other.length - one.length);
  return longestFirst.reduce((shown, value) => shown.replaceAll(value, "****"), text);
}
