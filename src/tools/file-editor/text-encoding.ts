export type Encoding = "utf-8" | "utf-8-bom" | "utf-16le" | "utf-16be" | "windows-1252";

export interface DecodedText {
  text: string;
  encoding: Encoding;
}

/** How far into a file a zero byte makes it binary; the same figure as git's. */
const SAMPLE_BYTES = 8192;

/** Share of control characters above which bytes that are no UTF-8 are taken for binary data. */
const MAX_CONTROL_SHARE = 0.01;

/** Characters of 0x80 to 0x9F in windows-1252; the rest is Latin-1. Unassigned places keep their number. */
const HIGH_CONTROLS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

/**
 * The text of a file, or null for binary data. UTF-8 and UTF-16 are known by their marks and by being valid;
 * anything else that looks like text is read as windows-1252 (Latin-1 with the usual quotes), in which every byte
 * is some character, so that what an edit does not touch is written back as it was.
 */
export function decodeText(bytes: Uint8Array): DecodedText | null {
  if (startsWith(bytes, [0xff, 0xfe])) return decoded(bytes.subarray(2), "utf-16le");
  if (startsWith(bytes, [0xfe, 0xff])) return decoded(swapped(bytes.subarray(2)), "utf-16be");
  if (bytes.subarray(0, SAMPLE_BYTES).includes(0)) return null;
  if (startsWith(bytes, [0xef, 0xbb, 0xbf])) return decoded(bytes.subarray(3), "utf-8-bom");
  return decoded(bytes, "utf-8") ?? decodedBytewise(bytes);
}

/** In `encoding`, or in UTF-8 when that has no place for some character of the text. */
export function encodeText(text: string, encoding: Encoding): Uint8Array {
  switch (encoding) {
    case "utf-8":
      return new TextEncoder().encode(text);
    case "utf-8-bom":
      return new TextEncoder().encode(`\uFEFF${text}`);
    case "utf-16le":
      return utf16(`\uFEFF${text}`);
    case "utf-16be":
      return swapped(utf16(`\uFEFF${text}`));
    case "windows-1252":
      return encodedBytewise(text) ?? encodeText(text, "utf-8");
  }
}

function decoded(bytes: Uint8Array, encoding: Exclude<Encoding, "windows-1252">): DecodedText | null {
  const label = encoding.startsWith("utf-16") ? "utf-16le" : "utf-8";
  try {
    const text = new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
    // UTF-32 begins with the mark of UTF-16 and would decode to text full of zeros.
    return text.slice(0, SAMPLE_BYTES).includes("\0") ? null : { text, encoding };
  } catch {
    return null;
  }
}

function decodedBytewise(bytes: Uint8Array): DecodedText | null {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  if (sample.filter(isControl).length > sample.length * MAX_CONTROL_SHARE) return null;
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += SAMPLE_BYTES) {
    pieces.push(String.fromCharCode(...bytes.subarray(start, start + SAMPLE_BYTES)));
  }
  const text = pieces
    .join("")
    .replace(/[\x80-\x9f]/g, (char) => HIGH_CONTROLS.charAt(char.charCodeAt(0) - 0x80));
  return { text, encoding: "windows-1252" };
}

function encodedBytewise(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const isLatin = code < 0x80 || (code >= 0xa0 && code <= 0xff);
    const high = isLatin ? -1 : HIGH_CONTROLS.indexOf(text.charAt(index));
    if (!isLatin && high === -1) return null;
    bytes[index] = isLatin ? code : 0x80 + high;
  }
  return bytes;
}

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index++) view.setUint16(index * 2, text.charCodeAt(index), true);
  return bytes;
}

/** Each pair of bytes turned round; an odd last byte stays and makes the decoding fail. */
function swapped(bytes: Uint8Array): Uint8Array {
  const result = Uint8Array.from(bytes);
  for (let index = 0; index + 1 < bytes.length; index += 2) {
    result[index] = bytes[index + 1] ?? 0;
    result[index + 1] = bytes[index] ?? 0;
  }
  return result;
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

/** Tab, line feed, form feed, carriage return, backspace and escape occur in text. */
function isControl(byte: number): boolean {
  return byte < 0x20 && ![0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte);
}
