import type { StoredAccessKey } from "./key-collection.ts";

/** Whether a key admits anyone at this moment, in milliseconds since 1970. */
export function isInForce(
  { revoked_at, expires_at }: Pick<StoredAccessKey, "revoked_at" | "expires_at">,
  now: number,
): boolean {
  return revoked_at === null && (expires_at === null || Date.parse(expires_at) > now);
}
