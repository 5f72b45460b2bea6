import type { DeviceCode } from "./openai-issuer.ts";

/** Milliseconds for which the issuer accepts a code. */
const LIFETIME = 15 * 60 * 1_000;
/** The oldest sign-in makes place for one past this number. */
const MAX_PENDING = 100;

/**
 * The id that the server claims which keeps the sign-ins, where several share a store: requests about them name
 * none in their path. Nothing else has it.
 */
export const DEVICE_LOGINS_ID = "d31ce106-0000-4000-8000-000000000001";

interface Pending {
  code: DeviceCode;
  expiresAt: number;
  isPolled: boolean;
}

/** Sign-ins that wait for their users, by tokens that say nothing. Known to this server only, until it ends. */
export class DeviceLogins {
  readonly #now: () => number;
  readonly #pending = new Map<string, Pending>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes in a new sign-in. `expiresAt` is in milliseconds since 1970. */
  add(code: DeviceCode): { token: string; expiresAt: number } {
    this.#dropExpired();
    for (const token of this.#pending.keys()) {
      if (this.#pending.size < MAX_PENDING) break;
      this.#pending.delete(token);
    }
    const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
    const expiresAt = this.#now() + LIFETIME;
    this.#pending.set(token, { code, expiresAt, isPolled: false });
    return { token, expiresAt };
  }

  /**
   * Polls a sign-in, which ends once the poll brings something that is not null. "busy" while another poll of it runs
   * or when it was cancelled meanwhile, "unknown" for one that does not exist any more.
   */
  async poll<T>(
    token: string,
    ask: (code: DeviceCode) => Promise<T | null>,
  ): Promise<{ brought: T } | "pending" | "busy" | "unknown"> {
    this.#dropExpired();
    const pending = this.#pending.get(token);
    if (pending === undefined) return "unknown";
    if (pending.isPolled) return "busy";
    pending.isPolled = true;
    try {
      const brought = await ask(pending.code);
      if (this.#pending.get(token) !== pending) return "busy";
      if (brought === null) return "pending";
      this.#pending.delete(token);
      return { brought };
    } finally {
      pending.isPolled = false;
    }
  }

  /** Cancels all. A poll that runs brings nothing. */
  clear(): void {
    this.#pending.clear();
  }

  #dropExpired(): void {
    const now = this.#now();
    for (const [token, { expiresAt, isPolled }] of this.#pending) {
      if (expiresAt <= now && !isPolled) this.#pending.delete(token);
    }
  }
}
