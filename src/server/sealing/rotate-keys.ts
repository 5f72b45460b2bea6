import type { Cipher } from "../../secrets/cipher.ts";
import type { DocumentStore } from "../../stores/documents.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/**
 * Encrypts kept secrets of earlier keys with today's. Conversations are left to their next change and to the command:
 * there may be many.
 */
export async function rotateKeys(
  { previousSecretKeys, logger }: ResolvedOptions,
  { documents, cipher }: { documents: DocumentStore; cipher: Cipher | undefined },
): Promise<void> {
  if (cipher === undefined || previousSecretKeys.length === 0) return;
  const { resealDocuments } = await import("../../settings/documents/reseal-documents.ts");
  const { renewed } = await resealDocuments(documents, { cipher });
  if (renewed > 0) logger.info({ secrets: renewed }, "Kept secrets are sealed with the new secret key");
}
