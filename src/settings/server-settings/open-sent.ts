import { type Cipher, looksEncrypted } from "../../secrets/cipher.ts";
import { mapSecrets } from "../../secrets/map-secrets.ts";

/**
 * Decrypts the tokens in what a client sent: it got them from an answer with encrypted secrets. A token of another key
 * cannot be used, and is left out. Without a key, texts are taken as they are.
 */
export function openSent<T>(value: T, cipher: Cipher | undefined): T {
  if (cipher === undefined) return value;
  return mapSecrets(value, (secret, { place }) => {
    if (!looksEncrypted(secret)) return secret;
    return cipher.decrypt(secret) ?? (place === "field" ? null : undefined);
  });
}
