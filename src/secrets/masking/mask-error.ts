import type { SecretMask } from "./secret-mask.ts";

/**
 * Hides secret values in the message of anything thrown, and returns it. An error stays the same object, so that its
 * class and fields still say what went wrong.
 */
export async function maskError(error: unknown, mask: SecretMask): Promise<unknown> {
  if (typeof error === "string") return mask.maskLong(error);
  if (!(error instanceof Error)) return error;
  const message = await mask.maskLong(error.message);
  if (message === error.message) return error;
  error.message = message;
  // A stack begins with the message.
  if (error.stack !== undefined) error.stack = await mask.maskLong(error.stack);
  return error;
}
