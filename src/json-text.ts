/**
 * The text of a value from JSON, for errors: a text as it is, anything else as JSON, whatever its fields are called.
 */
export function jsonText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}
