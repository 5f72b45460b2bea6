import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  type Decipheriv,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

/** Encrypts secrets at rest: Fernet tokens, which the reference reads and whose tokens this reads. */
export interface Cipher {
  encrypt(text: string): string;
  /** Null when the token was not made with this key, or is none. */
  decrypt(token: string): string | null;
}

const VERSION = 0x80;
const HEADER_BYTES = 9;
const IV_BYTES = 16;
const MAC_BYTES = 32;
const BLOCK_BYTES = 16;
const ALGORITHM = "aes-128-cbc";

/** Keys are the halves of the SHA-256 of the secret key: the first signs, the second encrypts. */
export function createCipher(secretKey: string): Cipher {
  const digest = createHash("sha256").update(secretKey, "utf8").digest();
  const signingKey = digest.subarray(0, 16);
  const encryptionKey = digest.subarray(16);
  const sign = (signed: Buffer) => createHmac("sha256", signingKey).update(signed).digest();

  return {
    encrypt(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, encryptionKey, iv);
      const signed = Buffer.concat([header(), iv, cipher.update(text, "utf8"), cipher.final()]);
      return toUrlSafeBase64(Buffer.concat([signed, sign(signed)]));
    },

    decrypt(token) {
      const bytes = Buffer.from(token, "base64url");
      const encryptedBytes = bytes.length - HEADER_BYTES - IV_BYTES - MAC_BYTES;
      if (bytes[0] !== VERSION || encryptedBytes < BLOCK_BYTES || encryptedBytes % BLOCK_BYTES !== 0)
        return null;
      const signed = bytes.subarray(0, -MAC_BYTES);
      if (!timingSafeEqual(sign(signed), bytes.subarray(-MAC_BYTES))) return null;
      const iv = signed.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
      const decipher = createDecipheriv(ALGORITHM, encryptionKey, iv);
      return finish(decipher, signed.subarray(HEADER_BYTES + IV_BYTES));
    },
  };
}

/** Whether a text has the beginning that every token has: version and the leading zeros of its time. */
export function looksEncrypted(text: string): boolean {
  return text.startsWith("gAAAAA");
}

function finish(decipher: Decipheriv, encrypted: Buffer): string | null {
  try {
    return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString("utf8");
  } catch {
    // Signed with our key and yet badly padded: some other program's token.
    return null;
  }
}

function header(): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1_000)), 1);
  return bytes;
}

/** With padding, which Python insists on. */
function toUrlSafeBase64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
