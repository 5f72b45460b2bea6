import { AgentServerError } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import { redactSecrets, sealSecrets, secretsIn, withoutUnshown } from "../../secrets/secret-fields.ts";

/** The form in which an answer shows secrets. */
export type Exposure = "redacted" | "encrypted" | "plaintext";

/**
 * Reads the header `X-Expose-Secrets`.
 *
 * @throws AgentServerError `bad_request`
 */
export function readExposure(header: string | null): Exposure {
  const word = (header ?? "").trim().toLowerCase();
  switch (word) {
    case "":
      return "redacted";
    case "encrypted":
    // The word of clients from before there were several forms.
    case "true":
      return "encrypted";
    case "plaintext":
      return "plaintext";
    default:
      throw new AgentServerError(
        "bad_request",
        `Invalid X-Expose-Secrets header value: '${word}'. Valid values are: 'encrypted', 'plaintext'.`,
      );
  }
}

/**
 * Shows the secrets of a value in a form.
 *
 * @throws AgentServerError `unavailable` when they must be encrypted and there is no key.
 */
export function exposeSecrets<T>(value: T, exposure: Exposure, cipher: Cipher | undefined): T {
  switch (exposure) {
    case "redacted":
      return redactSecrets(value, "asterisks");
    case "plaintext":
      return withoutUnshown(value);
    case "encrypted":
      if (cipher === undefined && secretsIn(value).length > 0) {
        throw new AgentServerError(
          "unavailable",
          "Encryption not available: OH_SECRET_KEY is not configured. Cannot return encrypted secrets.",
        );
      }
      return withoutUnshown(cipher === undefined ? value : sealSecrets(value, cipher));
  }
}
