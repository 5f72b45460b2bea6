/**
 * Writes a part of a prompt as JSON text without halves of characters, which strict parsers refuse: half of an emoji is
 * left where a text was cut. Each becomes the replacement character.
 */
export function wellFormedJson(value: unknown): string {
  const text = JSON.stringify(value);
  // `JSON.stringify` escapes nothing else with these letters, but a text may hold them.
  if (!text.includes("\\ud")) return text;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? part.toWellFormed() : part));
}
