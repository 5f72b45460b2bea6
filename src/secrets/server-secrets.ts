import { SecretMask } from "./masking/secret-mask.ts";
import { RecentValues } from "./recent-values.ts";

/**
 * Secret values of the server itself, hidden in every conversation: session keys, the secret key, and the keys of every
 * model in use. Values of fewer than 8 characters are left out, because they could be words of any text.
 */
export class ServerSecrets {
  readonly #fixed: readonly string[];
  readonly #recent = new RecentValues();
  #mask: Promise<SecretMask> | null = null;

  /** `fixed` are the values that hold as long as the server lives. */
  constructor(fixed: Iterable<string> = []) {
    this.#fixed = [...fixed];
  }

  /** Hides this value too, as long as it is among the 1,000 that were used last. */
  remember(value: string): void {
    if (this.#recent.add(value)) this.#mask = null;
  }

  /** The mask of all values, prepared once for as long as they stay the same. */
  mask(): Promise<SecretMask> {
    this.#mask ??= this.#prepare();
    return this.#mask;
  }

  async #prepare(): Promise<SecretMask> {
    const mask = await SecretMask.prepare([...this.#fixed, ...this.#recent]);
    return mask.withoutShortValues;
  }
}
