import { type Cipher, looksEncrypted } from "../../secrets/cipher.ts";
import { mapSecrets } from "../../secrets/map-secrets.ts";
import { keepLost, sealSecrets } from "../../secrets/secret-fields.ts";
import { REDACTED } from "../../wire/secret-source.ts";

/** The JSON of a document with its secrets in clear, except those that no key opens. */
export interface OpenedJson {
  /** The secrets that no key opens are null, or left out of maps. */
  value: unknown;
  /** As `value`, with the tokens that no key opens in their places. */
  withTokens: unknown;
  /** JSON pointers of the tokens that no key opens. */
  lost: string[];
}

/**
 * Decrypts the secrets of stored JSON, before `migrate`. Without a cipher every text is taken as it is: documents are
 * stored in clear then.
 *
 * @throws what `migrate` throws.
 */
export function openJson(
  json: unknown,
  cipher: Cipher | undefined,
  migrate = (opened: unknown): unknown => opened,
): OpenedJson {
  const unopened = new Set<string>();
  const withTokens = migrate(
    mapSecrets(json, (secret) => {
      if (cipher === undefined || !looksEncrypted(secret)) return secret;
      const text = cipher.decrypt(secret);
      if (text === null) unopened.add(secret);
      return text ?? secret;
    }),
  );
  const lost: string[] = [];
  const value = mapSecrets(withTokens, (secret, { path, place }) => {
    const isLost = unopened.has(secret);
    if (isLost) lost.push(path);
    if (!isLost && secret.trim() !== "" && secret !== REDACTED) return secret;
    return place === "field" ? null : undefined;
  });
  return { value, withTokens, lost };
}

/** Encrypts the secrets of a document for the store. The tokens that no key opens come back into their places. */
export function sealJson(value: unknown, cipher: Cipher | undefined, former?: OpenedJson): unknown {
  const sealed = cipher === undefined ? value : sealSecrets(value, cipher);
  return former === undefined ? sealed : keepLost(sealed, former.withTokens, former.lost);
}
