import { messageOf } from "../../errors.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { Collection, Document } from "./collection.ts";
import { type OpenedJson, openJson } from "./sealing.ts";

/** A document with what a later write of it needs. */
export interface ParsedDocument<T> {
  document: Document<T>;
  /** Undefined for a damaged document. */
  opened?: OpenedJson;
}

/** Reads the text of a document. Never throws: what cannot be read is damaged. */
export function parseDocument<T>(
  collection: Collection<T>,
  { name, json }: { name: string; json: string },
  cipher: Cipher | undefined,
): ParsedDocument<T> {
  const damaged = (damage: string) => ({ document: { name, damage, value: null, lost: [] } });
  let stored: unknown;
  try {
    stored = JSON.parse(json);
  } catch {
    // The message of the error has pieces of the text, which may be secret.
    return damaged("it is not JSON");
  }
  let opened: OpenedJson;
  try {
    opened = openJson(stored, cipher, collection.migrate);
  } catch (error) {
    return damaged(messageOf(error));
  }
  const { success, data, error } = collection.schema.safeParse(opened.value);
  if (!success) {
    const places = error.issues.map(({ path }) => path.map(String).join(".") || "the whole");
    return damaged(`it is not of today's form at ${[...new Set(places)].slice(0, 5).join(", ")}`);
  }
  return { document: { name, damage: null, value: data, lost: opened.lost }, opened };
}
