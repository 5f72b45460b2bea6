/** Ids that Mistral takes. */
const TAKEN = /^[a-zA-Z0-9]{9}$/;
const LENGTH = 9;

/** FNV-1a of 64 bits. */
const BASIS = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;

/** Makes an id of nine letters and digits of the id of another provider's call: always the same of the same. */
export function toMistralCallId(id: string): string {
  if (TAKEN.test(id)) return id;
  let hash = BASIS;
  for (let index = 0; index < id.length; index += 1) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(id.charCodeAt(index))) * PRIME);
  }
  return hash.toString(36).padStart(LENGTH, "0").slice(-LENGTH);
}
