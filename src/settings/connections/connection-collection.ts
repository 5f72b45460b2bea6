import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { LOST_KEY_CURE } from "../../secrets/lost-key-cure.ts";
import { type Document, defineCollection } from "../documents/collection.ts";
import type { Edit } from "../documents/edit.ts";

/** A key and an address that several LLM profiles share. */
export const CONNECTIONS = defineCollection({
  kind: "provider-connection",
  label: "provider connection",
  schema: z.object({
    /** Grows with each connection, so that lists keep the order of their making. */
    place: z.number().default(0),
    display_name: z.string(),
    provider: z.string().default("custom"),
    api_key: z.string().nullable().default(null),
    base_url: z.string().nullable().default(null),
    /** Seconds since 1970. */
    created_at: z.int(),
    updated_at: z.int(),
  }),
});

export type StoredConnection = z.output<typeof CONNECTIONS.schema>;

/**
 * Unlike other secrets, a key that cannot be read is refused rather than taken for none: models would be asked without
 * it.
 */
export function readableConnection(document: Document<StoredConnection>): StoredConnection {
  if (document.value !== null && document.lost.length === 0) return document.value;
  const reason = document.damage ?? `its key was encrypted with a different key: ${LOST_KEY_CURE}`;
  throw new AgentServerError(
    "bad_request",
    `Provider connection '${document.name}' cannot be read: ${reason}`,
  );
}

/**
 * Reads a connection that a document of this edit is about to refer to. A removal at the same moment, here or on
 * another server, makes one of the two begin again.
 */
export async function referToConnection(edit: Edit, id: string): Promise<StoredConnection | null> {
  const document = await edit.read(CONNECTIONS, id);
  if (document === null) return null;
  await edit.touch(CONNECTIONS, id);
  return readableConnection(document);
}
