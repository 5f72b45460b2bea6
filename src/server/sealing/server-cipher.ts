import { type Cipher, createRotatingCipher } from "../../secrets/cipher.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** Makes what encrypts the secrets that are kept. Without a key there is none, and the log says what that means. */
export function serverCipher(options: ResolvedOptions): Cipher | undefined {
  const { secretKey, previousSecretKeys, clock } = options;
  if (secretKey !== undefined) return createRotatingCipher({ secretKey, previousSecretKeys, clock });
  warnOfClearSecrets(options);
  return undefined;
}

function warnOfClearSecrets({ logger, ui }: ResolvedOptions): void {
  logger.warn(
    {},
    "no secret key is set (secretKey, OH_SECRET_KEY): the secrets and model keys of conversations are not stored and are " +
      "lost on restart; those of settings and profiles are stored in clear",
  );
  if (ui === null) return;
  logger.warn(
    {},
    "ui: Agent Canvas starts no conversation on a server that cannot encrypt: set secretKey to a long random text, and keep it",
  );
}
