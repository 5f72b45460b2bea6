import type { z } from "zod";
import type { DocumentKind } from "./kinds.ts";

/** A description of the documents of one kind. The parts that share a collection share this value. */
export interface Collection<T> {
  readonly kind: DocumentKind;
  /** The name of one document in errors and logs, such as `LLM profile`. */
  readonly label: string;
  /** Accepts what it gave when it is stored as JSON and read again. What it drops is lost with the next write. */
  readonly schema: z.ZodType<T>;
  /**
   * Turns the JSON of an earlier version into today's, with its secrets in clear. Throws when it cannot, such as for a
   * newer version; the document then counts as damaged.
   */
  readonly migrate?: (json: unknown) => unknown;
}

/** Types a collection by its schema. */
export function defineCollection<T>(collection: Collection<T>): Collection<T> {
  return collection;
}

/** A document that was read, or one that cannot be. */
export type Document<T> = SoundDocument<T> | DamagedDocument;

/** A document with its secrets in clear. */
export interface SoundDocument<T> {
  readonly name: string;
  readonly damage: null;
  readonly value: T;
  /** JSON pointers of the secrets that no key opens. They are null in `value`, or left out of maps. */
  readonly lost: readonly string[];
}

/** A document that is not of its collection's schema. It stays as it is until it is removed. */
export interface DamagedDocument {
  readonly name: string;
  /** The reason, without any text of the document. */
  readonly damage: string;
  readonly value: null;
  readonly lost: readonly string[];
}
