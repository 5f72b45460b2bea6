import type { Principal } from "../../principal.ts";
import type { AuthenticateAnswer } from "./authentication.ts";

/** A caller and the end of its session, as a token holds them. */
interface Claims {
  /** Milliseconds since 1970. */
  until: number;
  /** null for a caller without a name. */
  principal: Principal | null;
}

export interface SessionTokensOptions {
  /** Gets the secret that signs the tokens. Servers with the same secret accept each other's. */
  secret(): string;
  /** Milliseconds that a token is valid. */
  lifetime: number;
  /** Milliseconds since 1970. */
  now(): number;
}

type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const ALGORITHM = { name: "HMAC", hash: "SHA-256" };

/** Characters of a token that is looked at. A principal with many scopes fits. */
const MAX_LENGTH = 4096;

/** Tokens that stand for a caller for some time. They are signed and kept nowhere, and are good for nothing else. */
export class SessionTokens {
  readonly #options: SessionTokensOptions;
  #key: Promise<SigningKey> | undefined;

  constructor(options: SessionTokensOptions) {
    this.#options = options;
  }

  /** Makes a token for a caller. */
  async issue(principal: Principal | null): Promise<string> {
    const { now, lifetime } = this.#options;
    const claims: Claims = { until: now() + lifetime, principal };
    const payload = encode(new TextEncoder().encode(JSON.stringify(claims)));
    const signature = await crypto.subtle.sign(ALGORITHM, await this.#signingKey(), bytesOf(payload));
    return `${payload}.${encode(new Uint8Array(signature))}`;
  }

  /** The caller that a token stands for; true for one without a name, false for a token that is not valid. */
  async check(token: string): Promise<AuthenticateAnswer> {
    const [payload, signature, ...more] = token.slice(0, MAX_LENGTH).split(".");
    if (payload === undefined || signature === undefined || more.length > 0) return false;
    const given = Buffer.from(signature, "base64url");
    const isOurs = await crypto.subtle.verify(ALGORITHM, await this.#signingKey(), given, bytesOf(payload));
    if (!isOurs) return false;
    const { until, principal }: Claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    return until > this.#options.now() && (principal ?? true);
  }

  #signingKey(): Promise<SigningKey> {
    this.#key ??= this.#importKey();
    return this.#key;
  }

  #importKey(): Promise<SigningKey> {
    // The purpose is part of the key, so that a signature made elsewhere with the same secret is never a token.
    const material = bytesOf(`workspace session\0${this.#options.secret()}`);
    return crypto.subtle.importKey("raw", material, ALGORITHM, false, ["sign", "verify"]);
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
