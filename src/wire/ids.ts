import { z } from "zod";

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** A UUID with or without dashes. The output is dashed and in lower case. */
export const uuid = z
  .string()
  .regex(UUID, "Input should be a valid UUID")
  .transform(toDashed)
  .pipe(z.string())
  .meta({ format: "uuid" });

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Puts a UUID into the form that answers show: dashed and in lower case. */
export function toDashed(id: string): string {
  const hex = toHex(id);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Puts a UUID into the form of paging tokens: 32 hex digits. */
export function toHex(id: string): string {
  return id.replaceAll("-", "").toLowerCase();
}
