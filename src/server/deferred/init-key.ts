import { KeyAttempts } from "../../http/admission/key-attempts.ts";
import { keyMatcher } from "../../secrets/key-matcher.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/**
 * Makes the check of the key with which a server may be configured: its secret key, unless another is set for that.
 * Without a key anyone may; null refuses everyone.
 */
export function initKeyCheck({
  deferredInit,
  secretKey,
  clock,
}: Pick<ResolvedOptions, "deferredInit" | "secretKey" | "clock">): (
  candidate: string | null,
  peerAddress: string | undefined,
) => boolean {
  const key = deferredInit?.key === undefined ? secretKey : deferredInit.key;
  if (key === null) return () => false;
  if (key === undefined) return () => true;
  const attempts = new KeyAttempts({ isKey: keyMatcher([key]), now: () => clock.now() });
  return (candidate, peerAddress) => attempts.check(candidate, peerAddress);
}
