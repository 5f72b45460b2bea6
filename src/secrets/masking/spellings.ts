/**
 * Lists the ways in which programs write a text: as it is, escaped for JSON, escaped for URLs, in hex and in Base64.
 * White space stays; comparisons leave it out on both sides.
 */
export function spellingsOf(value: string): string[] {
  const text = value.toWellFormed().trim();
  return [...new Set([text, ...lineEndings(text).flatMap(encoded)])];
}

/** A line end that is encoded is no longer white space, so each kind of it is a spelling. */
function lineEndings(text: string): string[] {
  if (!text.includes("\n")) return [text];
  const lines = text.replaceAll("\r\n", "\n");
  return [text, lines, lines.replaceAll("\n", "\r\n")];
}

function encoded(text: string): string[] {
  return [JSON.stringify(text).slice(1, -1), ...urlSpellings(text), ...byteSpellings(text)];
}

/** Encoders of URLs disagree on which characters need an escape, and on the case of its digits. */
function urlSpellings(text: string): string[] {
  const component = encodeURIComponent(text);
  const strict = component.replaceAll(/[!'()*]/g, (character) => escapeOf(character));
  const spellings = [
    component,
    strict,
    encodeURI(text),
    strict.replaceAll("%2F", "/"),
    strict.replaceAll("%20", "+"),
    new URLSearchParams([["", text]]).toString().slice(1),
  ];
  return spellings.flatMap((spelling) => [
    spelling,
    spelling.replaceAll(/%[0-9A-F]{2}/g, (escaped) => escaped.toLowerCase()),
  ]);
}

function escapeOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function byteSpellings(text: string): string[] {
  const bytes = Buffer.from(text, "utf8");
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].map((bytesBefore) => base64Within(bytes, bytesBefore));
  return [hex, hex.toUpperCase(), ...base64, ...base64.map(toUrlSafe)];
}

/**
 * Encodes the part of a longer text's Base64 that these bytes alone decide, with `bytesBefore` bytes before them in
 * their group of three. The characters at both ends, which have up to four bits of a neighbour, are left out.
 */
function base64Within(bytes: Buffer, bytesBefore: number): string {
  const encoded = Buffer.concat([Buffer.alloc(bytesBefore), bytes]).toString("base64");
  const from = Math.ceil((bytesBefore * 8) / 6);
  return encoded.slice(from, Math.floor(((bytesBefore + bytes.length) * 8) / 6));
}

function toUrlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}
