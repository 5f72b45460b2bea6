import { REDACTED } from "../wire/secret-source.ts";
import { type Cipher, looksEncrypted } from "./cipher.ts";
import { mapSecrets, type SecretPlace } from "./map-secrets.ts";

/** The secret texts of a value, in the order of its keys. */
export function secretsIn(value: unknown): string[] {
  const secrets: string[] = [];
  mapSecrets(value, (secret) => {
    secrets.push(secret);
    return secret;
  });
  return secrets;
}

/**
 * For eyes that may not see secrets. `"null"` is how `ConversationInfo` shows them: as if they were not set;
 * `"asterisks"` is how settings, profiles and sockets do.
 */
export function redactSecrets<T>(value: T, as: "null" | "asterisks"): T {
  return mapSecrets(value, (secret, { place }) => {
    if (as === "asterisks") return secret.trim() === "" ? secret : REDACTED;
    return place === "bare" ? REDACTED : nothing(place);
  });
}

/** For the disk: encrypted, or the redaction marker where there is no key. What is encrypted already stays. */
export function sealSecrets<T>(value: T, cipher: Cipher | undefined): T {
  return mapSecrets(value, (secret) => {
    if (isAbsent(secret)) return secret;
    if (cipher === undefined) return REDACTED;
    return looksEncrypted(secret) && cipher.decrypt(secret) !== null ? secret : cipher.encrypt(secret);
  });
}

export interface OpenedSecrets<T> {
  value: T;
  /** JSON pointers of the secrets that cannot be decrypted. They are null in `value`, or left out of maps. */
  lost: string[];
}

/** From the disk. Texts that are no tokens are taken as they are: they were stored before there was a key. */
export function openSecrets<T>(value: T, cipher: Cipher | undefined): OpenedSecrets<T> {
  const lost: string[] = [];
  const opened = mapSecrets(value, (secret, { path, place }) => {
    if (isAbsent(secret)) return nothing(place);
    if (!looksEncrypted(secret)) return secret;
    const text = cipher?.decrypt(secret) ?? null;
    if (text !== null) return text;
    lost.push(path);
    return nothing(place);
  });
  return { value: opened, lost };
}

/**
 * What to store in place of `sealed`: with the tokens that could not be decrypted put back from `stored`, so that the
 * right key finds them again. A secret set anew stays, and nothing comes back of an object that is gone.
 */
export function keepLost<T>(sealed: T, stored: unknown, lost: readonly string[]): T {
  return lost.reduce<unknown>((value, pointer) => {
    const steps = pointer.slice(1).split("/").map(fromPointer);
    const token = steps.reduce(childOf, stored);
    return typeof token === "string" ? withMissing(value, steps, token) : value;
  }, sealed) as T;
}

function withMissing(value: unknown, [step, ...rest]: string[], token: string): unknown {
  if (step === undefined) return value ?? token;
  if (typeof value !== "object" || value === null) return value;
  const child = childOf(value, step);
  const next = withMissing(child, rest, token);
  if (next === child) return value;
  if (Array.isArray(value)) return value.with(Number(step), next);
  return Object.fromEntries([...Object.entries(value).filter(([key]) => key !== step), [step, next]]);
}

function childOf(value: unknown, step: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string, unknown>)[step];
}

function fromPointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}

function isAbsent(secret: string): boolean {
  return secret.trim() === "" || secret === REDACTED;
}

function nothing(place: SecretPlace): null | undefined {
  return place === "field" ? null : undefined;
}
