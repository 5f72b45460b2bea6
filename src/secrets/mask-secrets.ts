import type { Observation } from "../wire/events/observations.ts";

/** What stands for a secret value in everything the model and clients see; clients know it. */
export const SECRET_MASK = "<secret-hidden>";

/** Shorter values are left alone outside of `content`: they could be an enum word that clients check. */
const MIN_FIELD_SECRET = 8;

/**
 * The observation without secret values: in the text parts of `content`, which the model reads, and in the other
 * fields, which clients are shown (old and new file contents, for example). Image data is never touched.
 */
export function maskObservation(observation: Observation, secrets: readonly string[]): Observation {
  const content = createMask(secrets);
  if (content === null) return observation;
  const fields = createMask(secrets.filter((secret) => secret.length >= MIN_FIELD_SECRET));
  const masked = Object.entries(observation).map(([key, value]): [string, unknown] => {
    if (key === "kind") return [key, value];
    if (key === "content") return [key, observation.content.map((part) => maskPart(part, content))];
    return [key, fields === null ? value : maskDeep(value, fields)];
  });
  return Object.fromEntries(masked) as unknown as Observation;
}

/** The text without secret values. */
export function maskText(text: string, secrets: readonly string[]): string {
  return createMask(secrets)?.(text) ?? text;
}

type Mask = (text: string) => string;

/** Null when there is nothing to hide. */
export function createMask(secrets: readonly string[]): Mask | null {
  const pattern = secretPattern(secrets.flatMap(spellings));
  return pattern && ((text) => text.replace(pattern, SECRET_MASK));
}

/** Finds these values, the longest first, so that a secret inside another leaves no rest behind. */
export function secretPattern(values: readonly string[]): RegExp | null {
  const secrets = [...new Set(values)].filter((value) => value.trim() !== "");
  if (secrets.length === 0) return null;
  secrets.sort((left, right) => right.length - left.length);
  return new RegExp(secrets.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"), "g");
}

/** Terminals and some files end lines with CR LF. */
function spellings(value: string): string[] {
  return value.includes("\n") ? [value, value.replaceAll(/\r?\n/g, "\r\n")] : [value];
}

function maskPart(part: Observation["content"][number], mask: Mask): Observation["content"][number] {
  return part.type === "text" ? { ...part, text: mask(part.text) } : part;
}

function maskDeep(value: unknown, mask: Mask): unknown {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) return value.map((entry) => maskDeep(entry, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, maskDeep(entry, mask)]));
}
