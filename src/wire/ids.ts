import { z } from "zod";

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** A UUID, taken with or without dashes, given back dashed and in lower case. */
export const uuid = z
  .string()
  .regex(UUID, "Input should be a valid UUID")
  .transform(toDashed)
  .meta({ format: "uuid" });

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export function toDashed(id: string): string {
  const hex = toHex(id);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The form used in paging tokens: 32 hex digits. */
export function toHex(id: string): string {
  return id.replaceAll("-", "").toLowerCase();
}
