import { nodeCrypto } from "./node-crypto.ts";

/**
 * Builds a test of whether a candidate is one of the keys. It keeps digests only, and compares all of them in constant
 * time: how long an answer takes depends on neither the position nor the beginning of a key. A missing candidate costs
 * the same as a wrong one.
 */
export function keyMatcher(keys: readonly string[]): (candidate: string | null) => boolean {
  const { timingSafeEqual } = nodeCrypto();
  const digests = keys.map(digestOf);
  return (candidate) => {
    const candidateDigest = digestOf(candidate ?? "");
    let matches = 0;
    for (const digest of digests) matches += Number(timingSafeEqual(digest, candidateDigest));
    return candidate !== null && matches > 0;
  };
}

function digestOf(text: string): Buffer {
  return nodeCrypto().createHash("sha256").update(text, "utf8").digest();
}
