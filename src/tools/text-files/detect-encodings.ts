import { isLatin, plausibility } from "./plausibility.ts";

/** An encoding that a file may have. */
export interface Candidate {
  name: string;
  /** False for a guess from few characters. */
  isCertain: boolean;
}

/** Bytes of words that are looked at. */
const MAX_SAMPLE = 4096;
/** Bytes that the detector needs to judge a text. Shorter samples are repeated. */
const MIN_SAMPLE = 512;

/** Confidence, from 0 to 100, that the detector gives to every encoding it cannot judge. */
const NO_JUDGEMENT = 10;
/** Confidence for usual encodings that the detector does not name. */
const UNNAMED = 15;
/** Confidence from which a guess counts as certain. */
const CERTAIN = 40;
/** Bytes beyond ASCII without which no guess is certain. */
const MIN_FOREIGN = 8;

/** Encodings that are tried in any case, in this order where nothing else decides. */
const USUAL = [
  "windows-1252",
  "windows-1250",
  "windows-1251",
  "windows-1253",
  "windows-1254",
  "windows-1255",
  "windows-1256",
  "windows-1257",
  "KOI8-R",
  "Shift_JIS",
];

/** Encodings that hold every text of another and more. */
const WIDER: Readonly<Record<string, string>> = {
  "ISO-8859-1": "windows-1252",
  "ISO-8859-8": "windows-1255",
  "ISO-8859-9": "windows-1254",
};

/** Encodings of which most files use a part only. A file keeps to that part if it can. */
const NARROWER: Readonly<Record<string, string>> = { GB18030: "GBK" };

/** The library of encodings, loaded when a file is not UTF-8: most conversations never need it. */
export async function loadIconv(): Promise<typeof import("iconv-lite")> {
  const loaded = await import("iconv-lite");
  return loaded.default;
}

/**
 * Guesses the encoding of a text that is not Unicode, the likeliest first. Only words with characters beyond ASCII are
 * looked at, because the many ASCII words of a program say nothing. The detector judges single-byte encodings by
 * English letter groups too, so its confidence is weighed with how plausible the words would be.
 */
export async function detectEncodings(bytes: Uint8Array): Promise<Candidate[]> {
  const [chardet, iconv] = await Promise.all([import("chardet"), loadIconv()]);
  const sample = foreignWords(bytes);
  const confidences = new Map(USUAL.map((name) => [name, UNNAMED]));
  for (const { name, confidence } of chardet.default.analyse(repeated(sample))) {
    if (confidence <= NO_JUDGEMENT || !iconv.encodingExists(name)) continue;
    const wider = WIDER[name] ?? name;
    confidences.set(wider, Math.max(confidences.get(wider) ?? 0, confidence));
  }
  const guesses = [...confidences].map(([name, confidence]): Guess => {
    const text = iconv.decode(sample, name);
    const plausible = plausibility(text);
    return { name, text, plausible, score: confidence * plausible };
  });
  guesses.sort((a, b) => b.score - a.score);
  const isLong = sample.filter((byte) => byte >= 0x80).length >= MIN_FOREIGN;
  const ordered = isLong ? guesses : preferUsual(guesses);
  return ordered.flatMap(({ name, score }) => {
    const narrower = NARROWER[name];
    const names = narrower === undefined ? [name] : [narrower, name];
    return names.map((each) => ({ name: each, isCertain: isLong && score >= CERTAIN }));
  });
}

interface Guess {
  name: string;
  /** The sample in this encoding. */
  text: string;
  plausible: number;
  score: number;
}

/** Puts the most usual encoding before another Latin one unless that is more plausible: few letters fit both. */
function preferUsual(guesses: readonly Guess[]): readonly Guess[] {
  const usual = guesses.find(({ name }) => name === USUAL[0]);
  const [first] = guesses;
  if (usual === undefined || first === undefined) return guesses;
  if (first.score >= 2 * CERTAIN || !isLatin(first.text) || usual.plausible < first.plausible) return guesses;
  return [usual, ...guesses];
}

/** Collects the words with a byte beyond ASCII, with a space after each. */
function foreignWords(bytes: Uint8Array): Buffer {
  const words: Uint8Array[] = [];
  let size = 0;
  let start = 0;
  let isForeign = false;
  for (let index = 0; index <= bytes.length && size < MAX_SAMPLE; index += 1) {
    const byte = bytes[index] ?? 0x20;
    isForeign ||= byte >= 0x80;
    if (byte > 0x20) continue;
    if (isForeign)
      words.push(bytes.subarray(start, Math.min(index, start + MAX_SAMPLE)), Uint8Array.of(0x20));
    if (isForeign) size += index + 1 - start;
    start = index + 1;
    isForeign = false;
  }
  return Buffer.concat(words).subarray(0, MAX_SAMPLE);
}

function repeated(sample: Buffer): Buffer {
  const times = Math.ceil(MIN_SAMPLE / Math.max(1, sample.length));
  return Buffer.concat(Array.from({ length: times }, () => sample));
}
