import { AgentServerError } from "../../errors.ts";
import { type Cipher, looksEncrypted } from "../../secrets/cipher.ts";
import { mapSecrets, passwordIn, type SecretPlace } from "../../secrets/map-secrets.ts";
import { textAt } from "../../secrets/secret-fields.ts";
import { REDACTED } from "../../wire/secret-source.ts";

export interface SentOptions {
  /** Opens tokens. Without one, they are texts like any other. */
  cipher: Cipher | undefined;
  /** The stored value in whose place the new one comes, with its secrets in clear. Default: none. */
  former?: unknown;
  /** Name of the value in the request, for errors. */
  field: string;
}

/**
 * Opens the secrets in what a client sent: it got them from an answer. A token is decrypted, and asterisks stand for
 * the stored secret of that place, so that sending back what was shown changes nothing.
 *
 * @throws AgentServerError `unprocessable` for a token that no key opens: the secret would be gone.
 */
export function openSent<T>(value: T, { cipher, former, field }: SentOptions): T {
  return mapSecrets(value, (secret, { path, place }) => {
    if (secret === REDACTED) return stored(former, path, place) ?? (place === "field" ? null : undefined);
    if (cipher === undefined || !looksEncrypted(secret)) return secret;
    const text = cipher.decrypt(secret);
    if (text !== null) return text;
    throw new AgentServerError(
      "unprocessable",
      `${field}${path.replaceAll("/", ".")}: was encrypted with a different key, which this server does not have. Send the ` +
        "secret itself, or leave the field out to keep the stored one.",
    );
  });
}

function stored(former: unknown, path: string, place: SecretPlace): string | undefined {
  const text = textAt(former, path);
  return place === "url" && text !== undefined ? passwordIn(text) : text;
}
