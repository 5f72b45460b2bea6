import { detectEncodings, loadIconv } from "./detect-encodings.ts";

/** How the text of a file is stored. */
export interface Encoding {
  /** A name such as "utf-8", "GB18030" or "windows-1252". */
  name: string;
  /** Whether the file begins with a byte order mark. */
  hasMark: boolean;
  /** False for a guess from few characters. */
  isCertain: boolean;
}

export interface DecodedText {
  text: string;
  encoding: Encoding;
}

export const UTF_8: Encoding = { name: "utf-8", hasMark: false, isCertain: true };

/** Bytes that are searched for signs of binary data. git looks at as many. */
const SAMPLE_BYTES = 8192;

/** Maximum share of control characters in text that is not UTF-8. */
const MAX_CONTROL_SHARE = 0.01;

/** Minimum share of zero bytes at even or odd places in UTF-16 without a mark. Text of letters and digits has 1. */
const MIN_ZERO_SHARE = 0.4;

const MARKS: readonly [name: string, mark: readonly number[]][] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/**
 * Decodes the bytes of a text file. null for binary data. UTF-8 and UTF-16 are recognised by their marks and by being
 * valid, other encodings by the words of the text. Encoding the text again gives the same bytes, also after a wrong
 * guess, so that an edit keeps what it does not touch.
 */
export async function decodeText(bytes: Uint8Array): Promise<DecodedText | null> {
  for (const [name, mark] of MARKS) {
    if (startsWith(bytes, mark))
      return decodeUnicode(bytes.subarray(mark.length), { ...UTF_8, name, hasMark: true });
  }
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const unmarked = unmarkedUtf16(sample);
  if (unmarked !== null) return decodeUnicode(bytes, { ...UTF_8, name: unmarked });
  if (sample.includes(0)) return null;
  const unicode = decodeUnicode(bytes, UTF_8);
  if (unicode !== null) return unicode;
  if (sample.filter(isControl).length > sample.length * MAX_CONTROL_SHARE) return null;
  return decodeLegacy(bytes);
}

/** Encodes a text. null when the encoding has no place for some character of it. */
export async function encodeText(text: string, { name, hasMark }: Encoding): Promise<Uint8Array | null> {
  const marked = hasMark ? `\uFEFF${text}` : text;
  switch (name) {
    case "utf-8":
      return new TextEncoder().encode(marked);
    case "utf-16le":
      return Buffer.from(marked, "utf16le");
    case "utf-16be":
      return Buffer.from(marked, "utf16le").swap16();
    default: {
      const iconv = await loadIconv();
      const bytes = iconv.encode(text, name);
      return iconv.decode(bytes, name) === text ? bytes : null;
    }
  }
}

function decodeUnicode(bytes: Uint8Array, encoding: Encoding): DecodedText | null {
  try {
    const text = new TextDecoder(encoding.name, { fatal: true, ignoreBOM: true }).decode(bytes);
    // UTF-32 begins with the mark of UTF-16 and decodes to text full of zeros.
    return text.slice(0, SAMPLE_BYTES).includes("\0") ? null : { text, encoding };
  } catch {
    return null;
  }
}

/** Takes the likeliest encoding that gives the same bytes again. ISO-8859-1 always does. */
async function decodeLegacy(bytes: Uint8Array): Promise<DecodedText> {
  const iconv = await loadIconv();
  for (const { name, isCertain } of await detectEncodings(bytes)) {
    const text = iconv.decode(bytes, name);
    if (iconv.encode(text, name).equals(bytes))
      return { text, encoding: { name, hasMark: false, isCertain } };
  }
  return {
    text: iconv.decode(bytes, "ISO-8859-1"),
    encoding: { name: "ISO-8859-1", hasMark: false, isCertain: false },
  };
}

/** Recognises UTF-16 without a mark by the zero bytes of its Latin letters, digits and spaces. */
function unmarkedUtf16(sample: Uint8Array): string | null {
  const zeros = [0, 0];
  for (const [index, byte] of sample.entries())
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const enough = (sample.length / 2) * MIN_ZERO_SHARE;
  if (even === 0 && odd > 0 && odd >= enough) return "utf-16le";
  return odd === 0 && even > 0 && even >= enough ? "utf-16be" : null;
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

/** Tab, line feed, form feed, carriage return, backspace and escape occur in text. */
function isControl(byte: number): boolean {
  return byte < 0x20 && ![0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte);
}
