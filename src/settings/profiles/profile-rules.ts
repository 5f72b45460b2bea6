import { AgentServerError } from "../../errors.ts";
import type { Collection, Document } from "../documents/collection.ts";
import type { Edit } from "../documents/edit.ts";
import { MAX_PROFILES } from "./profile-names.ts";

/**
 * Returns what a profile says. `label` and `name` are shown.
 *
 * @throws AgentServerError `not_found`, or `bad_request` for one that cannot be read.
 */
export function soundProfile<T>(document: Document<T> | null, label: string, name: string): T {
  if (document === null) throw new AgentServerError("not_found", `${label} '${name}' not found`);
  if (document.damage === null) return document.value;
  throw new AgentServerError("bad_request", `${label} '${name}' cannot be read: ${document.damage}`);
}

export interface PlaceOptions {
  /** The name under which the profile is kept. */
  key: string;
  /** The profiles in the error, such as `Meta-profile`. */
  label: string;
}

/**
 * Refuses a new profile where all places are taken. Two servers that save at one moment must not both take the last
 * one, so each touches a document of the other.
 *
 * @throws AgentServerError `conflict`
 */
export async function refuseTooMany(
  edit: Edit,
  collection: Collection<unknown>,
  { key, label }: PlaceOptions,
): Promise<void> {
  const all = await edit.list(collection);
  if (all.some(({ name }) => name === key)) return;
  if (all.length >= MAX_PROFILES) {
    throw new AgentServerError(
      "conflict",
      `${label} limit reached (${MAX_PROFILES}). Delete a ${label.replace(/^Agent /, "").toLowerCase()} before saving a new one.`,
    );
  }
  const [first] = all;
  if (first !== undefined) await edit.touch(collection, first.name);
}
