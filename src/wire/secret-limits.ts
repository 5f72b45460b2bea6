import { z } from "zod";
import { isObject } from "../is-object.ts";

const MAX_SECRETS = 1_000;
const MAX_NAME = 256;
/** Maximum length of one secret in characters: its value and description, or its URL and headers. */
const MAX_SECRET_LENGTH = 65_536;
/** Maximum length of all secrets of a conversation in characters. */
const MAX_SECRETS_LENGTH = 1_048_576;
/** Maximum number of characters of a name that an error repeats. */
const MAX_SHOWN = 64;

/** A limit that the secrets of a conversation break, and the name of the secret that breaks it. */
export interface SecretsFault {
  name?: string;
  message: string;
}

/** Finds the first limit that secrets break. Takes secrets as clients send them and as they are stored. */
export function secretsFault(secrets: Readonly<Record<string, unknown>>): SecretsFault | undefined {
  const names = Object.keys(secrets);
  if (names.length > MAX_SECRETS) {
    return { message: `a conversation has at most ${MAX_SECRETS} secrets, not ${names.length}` };
  }
  let total = 0;
  for (const name of names) {
    if (!isName(name)) return { name: shortened(name), message: NAME_RULE };
    const length = lengthOf(secrets[name]);
    if (length > MAX_SECRET_LENGTH) {
      return { name, message: `a secret has at most ${MAX_SECRET_LENGTH} characters, not ${length}` };
    }
    total += length;
  }
  if (total <= MAX_SECRETS_LENGTH) return undefined;
  return {
    message: `the secrets of a conversation have at most ${MAX_SECRETS_LENGTH} characters, not ${total}`,
  };
}

const NAME_RULE = `the name of a secret has 1 to ${MAX_NAME} characters, no control characters, and is not __proto__`;

function isName(name: string): boolean {
  const isBounded = name !== "" && name.length <= MAX_NAME;
  return isBounded && name !== "__proto__" && !/\p{Cc}/u.test(name);
}

function shortened(name: string): string {
  return name.length <= MAX_SHOWN ? name : `${name.slice(0, MAX_SHOWN)}…`;
}

/** Counts the characters of a secret: of its value and description, or of its URL and headers. */
function lengthOf(source: unknown): number {
  if (typeof source === "string") return source.length;
  if (!isObject(source)) return 0;
  const { value, description, url, headers } = source;
  const parts = [value, description, url, ...(isObject(headers) ? Object.entries(headers).flat() : [])];
  return parts.reduce<number>((sum, part) => sum + (typeof part === "string" ? part.length : 0), 0);
}

/** Builds a schema of secrets by name. The limits are checked before the secrets are parsed, to bound the work. */
export function secretsByName<S extends z.ZodType>(source: S): z.ZodRecord<z.ZodString, S> {
  const secrets = z.record(z.string(), source);
  const bounded = z.preprocess((input, context) => {
    const fault = isObject(input) ? secretsFault(input) : undefined;
    if (fault === undefined) return input;
    const path = fault.name === undefined ? [] : [fault.name];
    context.addIssue({ code: "custom", message: `Value error, ${fault.message}`, path });
    return z.NEVER;
  }, secrets);
  return bounded as unknown as z.ZodRecord<z.ZodString, S>;
}
