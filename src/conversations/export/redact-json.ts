import { isObject } from "../../is-object.ts";
import { looksEncrypted } from "../../secrets/cipher.ts";
import { REDACTED } from "../../wire/secret-source.ts";

/** Fields of stored conversations that hold credentials of a model, in any depth. */
const FIELDS = new Set([
  ...["api_key", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "llm_api_key"],
]);

/** A text without one of these has nothing to redact. Only for JSON that this server wrote: it escapes no letter. */
const SUSPECT = new RegExp(`"(?:${[...FIELDS].join("|")})"|"gAAAAA`);

/** As `redactJson`, for a text that this server wrote. */
export function redactOwnJson(text: string): string {
  return SUSPECT.test(text) ? redactJson(text) : text;
}

/**
 * Replaces credentials of a JSON text by `REDACTED`: texts of the fields that hold some, and encrypted ones anywhere,
 * which a holder of the key could read. Other texts are given back as they are, and so is what is not JSON.
 */
export function redactJson(text: string): string {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return text;
  }
  return redactIn(whole) ? JSON.stringify(whole) : text;
}

/** Replaces in place, without recursion: a file may be nested deeper than the stack. */
function redactIn(whole: unknown): boolean {
  let hasChanged = false;
  const pending = [whole];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (!Array.isArray(value) && !isObject(value)) continue;
    for (const [key, child] of Object.entries(value)) {
      if (isSecret(Array.isArray(value) ? "" : key, child)) {
        hasChanged = true;
        // An assignment to __proto__ would set the prototype.
        Object.defineProperty(value, key, {
          value: REDACTED,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      } else if (typeof child === "object" && child !== null) pending.push(child);
    }
  }
  return hasChanged;
}

function isSecret(key: string, value: unknown): boolean {
  if (typeof value !== "string" || value === "" || value === REDACTED) return false;
  return looksEncrypted(value) || FIELDS.has(key);
}
