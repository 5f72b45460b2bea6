import type { ExtensionPlace } from "../place.ts";
import { type FetchedSource, type FetchOptions, fetchSource } from "./fetch-source.ts";
import { readSource, type SourceText } from "./source.ts";
import { SourceError } from "./source-error.ts";
import { fillSecrets, hideValues, type SecretFilling } from "./variables.ts";

/**
 * Brings an extension from a source with secrets filled into its address and ref. Neither failures nor the log repeat
 * the values.
 *
 * @throws SourceError
 */
export async function fetchFilled(
  place: ExtensionPlace,
  text: SourceText,
  { filling, ...options }: Omit<FetchOptions, "hidden"> & { filling: SecretFilling },
): Promise<FetchedSource> {
  const source = await fillSecrets(text.source, filling);
  const ref = text.ref === null ? null : await fillSecrets(text.ref, filling);
  const hidden = [...source.values, ...(ref?.values ?? [])];
  try {
    const filled = { source: source.text, ref: ref?.text ?? null, repoPath: text.repoPath };
    return await fetchSource(place, readSource(filled, place.workspace.info), { ...options, hidden });
  } catch (error) {
    if (error instanceof SourceError) throw new SourceError(error.code, hideValues(error.message, hidden));
    throw error;
  }
}
