import { DeepMask } from "./deep-mask.ts";
import type { SecretMask } from "./secret-mask.ts";

/** Characters of a shown value, so that those who keep it know what it takes. */
const MAX_SHOWN = 32_768;

/** A value as JSON without secret values. A long text is cut, and is no JSON then. */
export async function maskedJson(value: unknown, secrets: { mask(): Promise<SecretMask> }): Promise<string> {
  const masked = await new DeepMask(await secrets.mask()).value(value);
  return (JSON.stringify(masked) ?? "").slice(0, MAX_SHOWN);
}
