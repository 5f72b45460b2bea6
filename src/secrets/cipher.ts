import type { Decipheriv } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import { nodeCrypto } from "./node-crypto.ts";

/** Encrypts secrets at rest as Fernet tokens. The reference reads them, and its tokens can be read here. */
export interface Cipher {
  encrypt(text: string): string;
  /** Null for a token of another key and for any other text. */
  decrypt(token: string): string | null;
  /** Whether a text is a token of the key that encrypts. One of an earlier key is not. */
  isCurrent(token: string): boolean;
}

const VERSION = 0x80;
const HEADER_BYTES = 9;
const IV_BYTES = 16;
const MAC_BYTES = 32;
const BLOCK_BYTES = 16;
const ALGORITHM = "aes-128-cbc";

/**
 * Makes the cipher of a secret key. The first half of the key's SHA-256 signs, the second encrypts. `clock` dates the
 * tokens; default: the system's.
 */
export function createCipher(secretKey: string, clock: Pick<Clock, "now"> = systemClock): Cipher {
  const { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } =
    nodeCrypto();
  const digest = createHash("sha256").update(secretKey, "utf8").digest();
  const signingKey = digest.subarray(0, 16);
  const encryptionKey = digest.subarray(16);
  const sign = (bytes: Buffer) => createHmac("sha256", signingKey).update(bytes).digest();

  const self: Cipher = {
    encrypt(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, encryptionKey, iv);
      const signed = Buffer.concat([headerAt(clock.now()), iv, cipher.update(text, "utf8"), cipher.final()]);
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

    isCurrent: (token) => self.decrypt(token) !== null,
  };
  return self;
}

export interface KeyRotation {
  /** Encrypts. */
  secretKey: string;
  /** Keys of earlier times, which decrypt what `secretKey` cannot: the newest first. */
  previousSecretKeys: readonly string[];
  clock?: Pick<Clock, "now">;
}

/** Makes a cipher that also reads the tokens of earlier keys. What it reads is encrypted again when it is stored. */
export function createRotatingCipher({ secretKey, previousSecretKeys, clock }: KeyRotation): Cipher {
  const current = createCipher(secretKey, clock);
  const previous = previousSecretKeys.map((key) => createCipher(key, clock));
  return {
    encrypt: (text) => current.encrypt(text),
    decrypt(token) {
      for (const cipher of [current, ...previous]) {
        const text = cipher.decrypt(token);
        if (text !== null) return text;
      }
      return null;
    },
    isCurrent: (token) => current.isCurrent(token),
  };
}

/** Whether a text begins as every token does: with the version and the leading zeros of the time. */
export function looksEncrypted(text: string): boolean {
  return text.startsWith("gAAAAA");
}

function finish(decipher: Decipheriv, encrypted: Buffer): string | null {
  try {
    return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString("utf8");
  } catch {
    // A valid signature with invalid padding: a token of another program that has this key.
    return null;
  }
}

/** `now` is in milliseconds since 1970. */
function headerAt(now: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt8(VERSION, 0);
  bytes.writeBigUInt64BE(BigInt(Math.floor(now / 1_000)), 1);
  return bytes;
}

/** Keeps the padding, which Python requires. */
function toUrlSafeBase64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
