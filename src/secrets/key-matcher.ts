import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Answers whether a candidate is one of the keys. Only digests are kept; every one is compared, in constant time,
 * so that neither the position nor the beginning of a key can be learned from how long an answer takes.
 * A missing candidate costs the same as a wrong one.
 */
export function keyMatcher(keys: readonly string[]): (candidate: string | null) => boolean {
  const digests = keys.map(digest);
  return (candidate) => {
    const given = digest(candidate ?? "");
    let matches = 0;
    for (const known of digests) matches += Number(timingSafeEqual(known, given));
    return candidate !== null && matches > 0;
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
