import type { Observation } from "../../wire/events/observations.ts";
import { DeepMask } from "./deep-mask.ts";
import type { SecretMask } from "./secret-mask.ts";

/**
 * Hides secret values in an observation: in the text parts of `content`, which the model reads, and in all other
 * fields, which clients show (old and new file contents, for example). Outside of those text parts, values of fewer
 * than 8 characters stay, because they could be words that clients compare. Image data is never touched.
 */
export async function maskObservation(observation: Observation, mask: SecretMask): Promise<Observation> {
  if (mask.isEmpty) return observation;
  const words = new DeepMask(mask);
  const fields = new DeepMask(mask.withoutShortValues);
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(observation)) {
    if (key === "content") entries.push([key, await maskContent(observation.content, { words, fields })]);
    else entries.push([key, key === "kind" ? value : await fields.field(key, value)]);
  }
  return Object.fromEntries(entries) as unknown as Observation;
}

async function maskContent(
  content: Observation["content"],
  { words, fields }: { words: DeepMask; fields: DeepMask },
): Promise<unknown[]> {
  const parts: unknown[] = [];
  for (const part of content) {
    parts.push(
      part.type === "text" ? { ...part, text: await words.text(part.text) } : await fields.value(part),
    );
  }
  return parts;
}
