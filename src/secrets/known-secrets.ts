import { SecretMask } from "./masking/secret-mask.ts";

/** Provider keys that are remembered; the one used longest ago is forgotten first. */
const MAX_REMEMBERED = 1_000;

/**
 * Secret values of the server itself, hidden in every conversation: session keys, the secret key, and the keys of every
 * model in use. Values of fewer than 8 characters are left out, because they could be words of any text.
 */
export class KnownSecrets {
  readonly #fixed: readonly string[];
  /** In the order of their last use. */
  readonly #remembered = new Set<string>();
  #mask: Promise<SecretMask> | null = null;

  /** `fixed` are the values that hold as long as the server lives. */
  constructor(fixed: Iterable<string> = []) {
    this.#fixed = [...fixed];
  }

  /** Hides this value from now on, with the up to 1,000 that were remembered before it. */
  remember(value: string): void {
    const isNew = !this.#remembered.delete(value);
    this.#remembered.add(value);
    if (!isNew) return;
    for (const oldest of this.#remembered) {
      if (this.#remembered.size <= MAX_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
    this.#mask = null;
  }

  /** The mask of all values, prepared once for as long as they stay the same. */
  mask(): Promise<SecretMask> {
    this.#mask ??= this.#prepare();
    return this.#mask;
  }

  async #prepare(): Promise<SecretMask> {
    const mask = await SecretMask.prepare([...this.#fixed, ...this.#remembered]);
    return mask.withoutShortValues;
  }
}
