import { nodeCrypto } from "../../secrets/node-crypto.ts";

/** Begins every key, so that people and scanners of repositories recognise one. */
const PREFIX = "as";
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 12;
/** Characters that are secret: 256 bits. */
const SECRET_LENGTH = 43;
/** A checksum, by which a text with a slip is refused before anything is looked up. */
const CHECKSUM_LENGTH = 6;
const FORM = /^as_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

/** A new key with its id, which may be shown. */
export function newAccessKey(): { id: string; key: string } {
  const id = randomText(ID_LENGTH);
  return { id, key: withSecret(id) };
}

/** Another key under an id that exists. */
export function withSecret(id: string): string {
  const body = `${PREFIX}_${id}_${randomText(SECRET_LENGTH)}`;
  return body + checksumOf(body);
}

/** The id in a key; undefined for a text that is not one. */
export function accessKeyId(text: string): string | undefined {
  const id = FORM.exec(text)?.[1];
  if (id === undefined) return undefined;
  return checksumOf(text.slice(0, -CHECKSUM_LENGTH)) === text.slice(-CHECKSUM_LENGTH) ? id : undefined;
}

/** The digest of a key, which is what is kept of it. The key has 256 bits, so that no slow digest is needed. */
export function accessKeyDigest(key: string): string {
  return nodeCrypto().createHash("sha256").update(key).digest("hex");
}

/** Compares in constant time. */
export function hasDigest(key: string, digest: string): boolean {
  const [left, right] = [Buffer.from(accessKeyDigest(key)), Buffer.from(digest)];
  return left.length === right.length && nodeCrypto().timingSafeEqual(left, right);
}

function randomText(length: number): string {
  const { randomInt } = nodeCrypto();
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}

function checksumOf(text: string): string {
  let left = process.getBuiltinModule("node:zlib").crc32(text);
  let checksum = "";
  while (checksum.length < CHECKSUM_LENGTH) {
    checksum = ALPHABET[left % ALPHABET.length] + checksum;
    left = Math.floor(left / ALPHABET.length);
  }
  return checksum;
}
