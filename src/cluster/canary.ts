import { AgentServerError } from "../errors.ts";
import type { Cipher } from "../secrets/cipher.ts";
import type { DocumentStore, StoredDocument } from "../stores/documents.ts";

const KIND = "cluster";
const NAME = "canary";
const WORDS = "This text was sealed with the secret key of the cluster.";

export interface CanaryOptions {
  documents: DocumentStore;
  /** Reads what earlier keys have sealed, too. */
  cipher: Cipher;
}

/**
 * Checks that a server has the secret key of the others by a text that the first of them has sealed in the store. With
 * another key it would keep secrets that they cannot read, and be no member for them. One that has the new key of a
 * rotation, and reads with the old one, seals the text again.
 *
 * @throws AgentServerError `conflict` for another key
 */
export async function checkCanary({ documents, cipher }: CanaryOptions): Promise<void> {
  const stored = await documents.read(KIND, NAME);
  if (stored === null) return sealed(null, { documents, cipher });
  const token = tokenIn(stored);
  if (cipher.decrypt(token) !== WORDS) throw otherKey();
  if (!cipher.isCurrent(token)) await sealed(stored, { documents, cipher });
}

/** Another server may be faster: then its text is checked. */
async function sealed(stored: StoredDocument | null, options: CanaryOptions): Promise<void> {
  const { documents, cipher } = options;
  const json = JSON.stringify({ sealed: cipher.encrypt(WORDS) });
  const outcome = await documents.write([
    { kind: KIND, name: NAME, json, expected: stored?.revision ?? null },
  ]);
  if (outcome === "conflict" && stored === null) await checkCanary(options);
}

function tokenIn({ json }: StoredDocument): string {
  const { sealed: token }: { sealed?: unknown } = JSON.parse(json);
  return typeof token === "string" ? token : "";
}

function otherKey(): AgentServerError {
  return new AgentServerError(
    "conflict",
    "secretKey: the other servers of this store have another one (OH_SECRET_KEY). All servers of a cluster need the " +
      "same; while it is replaced, each must have the other among its previousSecretKeys (OH_PREVIOUS_SECRET_KEYS)",
  );
}
