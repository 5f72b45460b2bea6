import { isObject } from "../is-object.ts";
import { REDACTED, type SecretSources } from "../wire/secret-source.ts";
import { type Cipher, looksEncrypted } from "./cipher.ts";
import { MCP_CONFIGS, mapSecrets, type ReplaceSecret, type SecretPlace } from "./map-secrets.ts";

/** Lists the secret texts of a value, in the order of its keys. */
export function secretsIn(value: unknown): string[] {
  const secrets: string[] = [];
  mapSecrets(value, (secret) => {
    secrets.push(secret);
    return secret;
  });
  return secrets;
}

/** The field under which everything is a secret by name. */
const SOURCES = "secret_sources";

/** Fields of models that no answer shows, as in the reference. */
const UNSHOWN: ReadonlySet<string> = new Set(["fallback_strategy"]);

/** Leaves out what no answer shows, not even one with secrets. */
export function withoutUnshown<T>(value: T): T {
  return mapSecrets(value, (secret) => secret, UNSHOWN);
}

/**
 * Redacts secrets for answers, and leaves out what no answer shows. `"null"` shows them as if they were not set, as `ConversationInfo` does; `"asterisks"`
 * shows that they are set, as settings, profiles and sockets do.
 */
export function redactSecrets<T>(value: T, as: "null" | "asterisks"): T {
  const replace: ReplaceSecret = (secret, { place }) => {
    if (as === "asterisks") return secret.trim() === "" ? secret : REDACTED;
    return place === "bare" || place === "url" ? REDACTED : absent(place);
  };
  return mapSecrets(value, replace, UNSHOWN);
}

/** Encrypts secrets for the store, or replaces them by `REDACTED` without a cipher. Tokens of the cipher stay. */
export function sealSecrets<T>(value: T, cipher: Cipher | undefined): T {
  return mapSecrets(value, (secret, { place }) => {
    if (isAbsent(secret)) return secret;
    if (cipher === undefined) return REDACTED;
    // The token of a lost key is still in its address, where those of other places were taken out.
    const isSealed = looksEncrypted(secret) && (place === "url" || cipher.decrypt(secret) !== null);
    return isSealed ? secret : cipher.encrypt(secret);
  });
}

/** A value from the store with its secrets in clear. */
export interface OpenedSecrets<T> {
  value: T;
  /**
   * JSON pointers of the secrets that are lost: encrypted with another key, or not kept because there was none. They
   * are null in `value`, or left out of maps.
   */
  lost: string[];
}

/** Decrypts secrets from the store. A text that is not a token was stored before there was a key, and stays. */
export function openSecrets<T>(value: T, cipher: Cipher | undefined): OpenedSecrets<T> {
  const lost: string[] = [];
  const opened = mapSecrets(value, (secret, { path, place }) => {
    if (secret.trim() === "") return absent(place);
    if (secret !== REDACTED && !looksEncrypted(secret)) return secret;
    const text = secret === REDACTED ? null : (cipher?.decrypt(secret) ?? null);
    if (text !== null) return text;
    lost.push(path);
    return absent(place);
  });
  return { value: opened, lost };
}

/** Does what `sealSecrets` does for secrets by name, so that no name is taken for that of a field. */
export function sealSources(sources: SecretSources, cipher: Cipher | undefined): SecretSources {
  return sealSecrets({ [SOURCES]: sources }, cipher)[SOURCES];
}

/** Does what `openSecrets` does for secrets by name. */
export function openSources(
  sources: SecretSources,
  cipher: Cipher | undefined,
): OpenedSecrets<SecretSources> {
  const { value, lost } = openSecrets({ [SOURCES]: sources }, cipher);
  return { value: value[SOURCES], lost: lost.map((pointer) => pointer.slice(SOURCES.length + 1)) };
}

/** Selects the lost secrets that have no value now. */
export function stillLost(lost: readonly string[], value: unknown): string[] {
  return lost.filter((pointer) => typeof valueAt(value, stepsOf(pointer)) !== "string");
}

/** Lists the names of the secrets that pointers of `openSources` lead into. */
export function namesOfLost(lost: readonly string[]): string[] {
  return [...new Set(lost.map((pointer) => stepsOf(pointer)[0] ?? ""))];
}

/**
 * Puts the texts of lost secrets from `stored` back into `sealed`, so that the right key finds its tokens again, and a
 * value that was not kept is still known to be lost. A secret that was set since stays, and nothing of a removed object
 * comes back.
 */
export function keepLost<T>(sealed: T, stored: unknown, lost: readonly string[]): T {
  if (lost.length === 0) return sealed;
  const kept = structuredClone(sealed);
  for (const pointer of lost) {
    const steps = stepsOf(pointer);
    const text = valueAt(stored, steps);
    if (typeof text === "string") putBack(kept, steps, text);
  }
  return kept;
}

/** Sets a text where nothing is, in an object that is there. */
function putBack(value: unknown, steps: readonly string[], text: string): void {
  const parent = parentIn(value, steps);
  const name = steps.at(-1);
  if (name !== undefined && isObject(parent) && (childOf(parent, name) ?? null) === null)
    define(parent, name, text);
}

/** An MCP server is written without its empty maps, so those of one that is there are made again. */
function parentIn(value: unknown, steps: readonly string[]): unknown {
  const above = steps.slice(0, -1);
  const config = steps.findIndex((step) => MCP_CONFIGS.has(step));
  if (config < 0) return valueAt(value, above);
  const server = valueAt(value, above.slice(0, config + 2));
  return above.slice(config + 2).reduce((parent, step) => {
    if (isObject(parent) && (childOf(parent, step) ?? null) === null) define(parent, step, {});
    return childOf(parent, step);
  }, server);
}

/** An assignment to __proto__ would set the prototype. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The text that a JSON pointer leads to; undefined where there is none. */
export function textAt(value: unknown, pointer: string): string | undefined {
  const found = valueAt(value, stepsOf(pointer));
  return typeof found === "string" ? found : undefined;
}

function childOf(value: unknown, step: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string, unknown>)[step];
}

function valueAt(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce(childOf, value);
}

function stepsOf(pointer: string): string[] {
  const steps = pointer.slice(1).split("/");
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function isAbsent(secret: string): boolean {
  return secret.trim() === "" || secret === REDACTED;
}

function absent(place: SecretPlace): null | undefined {
  return place === "field" ? null : undefined;
}
