import { AgentServerError } from "../errors.ts";
import { once } from "../once.ts";
import { nodeCrypto } from "../secrets/node-crypto.ts";

/** Name of the header that carries a proof. It never leaves the nodes. */
export const PROOF_HEADER = "x-agent-server-proof";

/** Header of the refusal of a proof. By it a node knows that the refusal is not meant for its client. */
export const REFUSED_HEADER = "x-agent-server-refused";

/** Milliseconds that a proof is good for, and that the clocks of two nodes may differ. */
const WINDOW = 30_000;
/** The purpose is part of the key, so that nothing else that is signed with the secret key is a proof. */
const PURPOSE = "agent-server cluster membership";
const KEY_BYTES = 32;
const PROOF = /^(\d{1,15})\.([\w-]{43})$/;

type KeyObject = ReturnType<ReturnType<typeof nodeCrypto>["createSecretKey"]>;

export interface MembershipProofsOptions {
  /** The secret keys of the server, today's first. Each of them admits, as one after the other is replaced. */
  secretKeys: readonly string[];
  /** Base URL where other nodes reach this one. */
  address: string;
  /** Milliseconds since 1970. */
  now(): number;
}

/** A request between nodes. */
export interface ProvedRequest {
  method: string;
  /** Path below the base URL of the node that is asked, with the query. */
  target: string;
}

/**
 * Shows nodes of a cluster that a request comes from another one: by a signature over its method, its path, the time
 * and the node that is asked. The body is not signed: who overhears one can repeat the request, with any body, at the
 * same node for half a minute. An unsafe network between nodes needs https addresses.
 */
export class MembershipProofs {
  readonly #options: MembershipProofsOptions;
  readonly #keys: () => KeyObject[];

  constructor(options: MembershipProofsOptions) {
    this.#options = options;
    this.#keys = once(() => options.secretKeys.map(signingKey));
  }

  /** The value of the header for a request to the node at an address. */
  proofFor(request: ProvedRequest, address: string): string {
    const time = String(Math.floor(this.#options.now()));
    const [key] = this.#keys();
    if (key === undefined) throw new Error("A member of a cluster has a secret key");
    return `${time}.${signature(key, { ...request, time, address }).toString("base64url")}`;
  }

  /** The refusal of a request whose header does not prove what `accepts` checks. */
  refusalOf(proof: string | null, request: ProvedRequest): AgentServerError | undefined {
    if (proof !== null && this.accepts(proof, request)) return undefined;
    return new AgentServerError("forbidden", "The request does not come from a node of this cluster", {
      headers: { [REFUSED_HEADER]: "1" },
    });
  }

  /** Whether a header proves that a node sent this request, to this node, just now. */
  accepts(proof: string, request: ProvedRequest): boolean {
    const [, time, given] = PROOF.exec(proof) ?? [];
    if (time === undefined || given === undefined) return false;
    const { address, now } = this.#options;
    if (Math.abs(now() - Number(time)) > WINDOW) return false;
    const shown = Buffer.from(given, "base64url");
    const { timingSafeEqual } = nodeCrypto();
    return this.#keys().some((key) => timingSafeEqual(signature(key, { ...request, time, address }), shown));
  }
}

/** A key object: with plain bytes, each signature costs Node an exception. */
function signingKey(secretKey: string): KeyObject {
  const { createSecretKey, hkdfSync } = nodeCrypto();
  return createSecretKey(Buffer.from(hkdfSync("sha256", secretKey, "", PURPOSE, KEY_BYTES)));
}

/** No part can hold a line end, so that no two requests are signed alike. */
function signature(
  key: KeyObject,
  { method, target, time, address }: ProvedRequest & { time: string; address: string },
): Buffer {
  return nodeCrypto().createHmac("sha256", key).update([method, target, time, address].join("\n")).digest();
}
