import { looksEncrypted } from "../../../secrets/cipher.ts";
import { textAt } from "../../../secrets/secret-fields.ts";
import type { ReadDocuments } from "../../record/document-writer.ts";

/** Places of secrets without a value. */
export interface LostSecrets {
  /** They are tokens that no key opens. */
  lost: string[];
  /** The server that ran the conversation had no key, and has kept none of them. */
  forgotten: string[];
}

/** Tells the secrets that another key would open from those that nothing brings back. */
export function sortLost(read: ReadDocuments): LostSecrets {
  const places = Object.entries(read).flatMap(([document, { stored, lost }]) =>
    lost.map((pointer) => ({ name: document + pointer, text: textAt(stored, pointer) ?? "" })),
  );
  const { lost = [], forgotten = [] } = Object.groupBy(places, ({ text }) =>
    looksEncrypted(text) ? "lost" : "forgotten",
  );
  return { lost: lost.map(({ name }) => name), forgotten: forgotten.map(({ name }) => name) };
}

export function forgottenNote(forgotten: readonly string[]): string[] {
  if (forgotten.length === 0) return [];
  return [`its former server had no secret key and kept no secrets; set them again: ${forgotten.join(", ")}`];
}
