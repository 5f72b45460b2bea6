import { SECRET_MASK, SecretMask } from "../../secrets/masking/secret-mask.ts";

/** Changes to a recording before it is written. */
export interface CanonicalOptions {
  /**
   * Keys, tokens and other values to mask. Keys of well-known services are masked by their form. Default: none.
   */
  redact?: readonly string[] | undefined;
  /** Replaces parts of texts that differ from run to run, such as times. Default: texts stay unchanged. */
  normalize?: ((text: string) => string) | undefined;
}

const KEYS = [
  /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_\w{20,}/g,
  /\bxox[abprs]-[\w-]{10,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[\w-]{35}/g,
  /\bBearer [\w.~+/-]{16,}=*/g,
];

/** The folder of a test server, which differs in every run. */
export const TEST_FOLDER = /(?:\/[\w.+-]+)*\/agent-server-test-[A-Za-z0-9]{6}/;
export const FOLDER = "{{folder}}";

/** Builds a function that masks secrets, replaces the test's folder and normalises texts. */
export function createCleaner({ redact = [], normalize }: CanonicalOptions): (text: string) => string {
  const mask = SecretMask.of(redact);
  const folder = new RegExp(TEST_FOLDER, "g");
  return (text) => {
    const masked = KEYS.reduce((rest, key) => rest.replace(key, SECRET_MASK), mask.mask(text)).replace(
      folder,
      FOLDER,
    );
    return normalize?.(masked) ?? masked;
  };
}

/** Maps values with the same meaning to the same value: keys are sorted, nulls left out, texts cleaned. */
export function toCanonical(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map((item) => toCanonical(item, clean));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, toCanonical(item, clean)]));
}
