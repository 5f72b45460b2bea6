import { SourceError } from "./source-error.ts";

/** `${NAME}`, or `${NAME:-default}`, whose default is not used. */
const VARIABLE = /\$\{([a-zA-Z_][a-zA-Z0-9_]*)(?::-[^}]*)?\}/g;

/** Resolves the value of a secret. undefined for one that is not there. */
export type SecretValue = (name: string) => Promise<string | undefined>;

/** A text with its secrets filled in. */
export interface FilledText {
  text: string;
  /** The values that are in it, to hide them again in what is said about the text. */
  values: readonly string[];
}

/**
 * Fills secrets into a text. Those that are not there stay as they are, or fail where all `areRequired`.
 *
 * @throws SourceError `missing_secret`
 */
export async function fillSecrets(
  text: string,
  { secret, areRequired }: { secret: SecretValue; areRequired: boolean },
): Promise<FilledText> {
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
