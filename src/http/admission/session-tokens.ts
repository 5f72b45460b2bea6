import type { Principal } from "../../principal.ts";
import { type Caller, callerOf, OPERATOR } from "../access/caller.ts";
import type { ScopedKeys } from "./authentication.ts";

/** A caller and the end of its session, as a token holds them. */
interface Claims {
  /** Milliseconds since 1970. */
  until: number;
  /** null for a caller without a name. */
  principal: Principal | null;
  /** The scoped key that the session was begun with, which must still be valid. */
  keyId?: string | undefined;
  keyVersion?: string | undefined;
}

export interface SessionTokensOptions {
  /** Gets the secret that signs the tokens. Servers with the same secret accept each other's. */
  secret(): string;
  /** The keys by which sessions may be begun. Default: none. */
  scopedKeys?: Pick<ScopedKeys, "current"> | undefined;
  /** Milliseconds that a token is valid. */
  lifetime: number;
  /** Milliseconds since 1970. */
  now(): number;
}

type Issued = Pick<Caller, "principal" | "keyId" | "keyVersion">;

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
  async issue({ principal, keyId, keyVersion }: Issued): Promise<string> {
    const { now, lifetime } = this.#options;
    const claims: Claims = {
      until: now() + lifetime,
      ...(keyId === undefined ? { principal } : { principal: null, keyId, keyVersion }),
    };
    const payload = encode(new TextEncoder().encode(JSON.stringify(claims)));
    const signature = await crypto.subtle.sign(ALGORITHM, await this.#signingKey(), bytesOf(payload));
    return `${payload}.${encode(new Uint8Array(signature))}`;
  }

  /** The caller that a token stands for, with what it may do now; undefined for a token that is not valid. */
  async check(token: string): Promise<Caller | undefined> {
    const [payload, signature, ...more] = token.slice(0, MAX_LENGTH).split(".");
    if (payload === undefined || signature === undefined || more.length > 0) return undefined;
    const given = Buffer.from(signature, "base64url");
    const isOurs = await crypto.subtle.verify(ALGORITHM, await this.#signingKey(), given, bytesOf(payload));
    if (!isOurs) return undefined;
    const { until, principal, keyId, keyVersion }: Claims = JSON.parse(
      Buffer.from(payload, "base64url").toString(),
    );
    if (until <= this.#options.now()) return undefined;
    if (keyId !== undefined) return this.#options.scopedKeys?.current(keyId, keyVersion);
    return principal === null ? OPERATOR : callerOf(principal);
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
