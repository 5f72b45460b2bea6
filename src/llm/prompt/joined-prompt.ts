/** How the pieces of a prompt become one text. What a piece becomes depends on it and on the pieces before it alone. */
export interface PieceRules<Piece, State> {
  /** State before the first piece. */
  first: State;
  /** Whether two pieces become the same text in the same place. Called often. */
  isSame(one: Piece, other: Piece): boolean;
  /** Writes a piece, with what separates it from the one before. */
  write(piece: Piece, before: State): { text: string; after: State };
}

/** A prompt as a provider gets it. */
export interface JoinedBytes<State> {
  /** UTF-8. Valid until the next prompt is joined. */
  bytes: Uint8Array;
  /** State after the last piece. */
  after: State;
}

/** Bytes to begin with. */
const INITIAL = 16 * 1024;
/** A buffer that many times too large is given back. */
const MAX_SLACK = 4;

/**
 * Joins the pieces of prompts. The prompts of a conversation begin alike, so the bytes of the last one are kept, and
 * only what follows the common beginning is written and encoded: a step of a long conversation costs a copy of its
 * bytes.
 */
export class JoinedPrompt<Piece, State> {
  readonly #rules: PieceRules<Piece, State>;
  #pieces: readonly Piece[] = [];
  /** For each piece the offset of its end, and the state after it. */
  #ends: { offset: number; state: State }[] = [];
  #bytes = Buffer.alloc(0);

  constructor(rules: PieceRules<Piece, State>) {
    this.#rules = rules;
  }

  /** Keeps the list: it must not change. */
  join(pieces: readonly Piece[]): JoinedBytes<State> {
    const common = this.#commonWith(pieces);
    const ends = this.#ends;
    // Nothing is left of the last prompt where a piece cannot be written.
    this.#pieces = [];
    ends.length = common;
    let { offset, state } = ends[common - 1] ?? { offset: 0, state: this.#rules.first };
    for (let index = common; index < pieces.length; index += 1) {
      const { text, after } = this.#rules.write(pieces[index] as Piece, state);
      offset = this.#append(text, offset);
      state = after;
      ends.push({ offset, state });
    }
    this.#pieces = pieces;
    this.#shrinkTo(offset);
    return { bytes: this.#bytes.subarray(0, offset), after: state };
  }

  #commonWith(pieces: readonly Piece[]): number {
    const last = this.#pieces;
    const most = Math.min(last.length, pieces.length);
    let common = 0;
    while (common < most && this.#rules.isSame(last[common] as Piece, pieces[common] as Piece)) common += 1;
    return common;
  }

  #append(text: string, offset: number): number {
    const end = offset + Buffer.byteLength(text);
    if (end > this.#bytes.length) this.#resize(Math.max(2 * this.#bytes.length, end, INITIAL), offset);
    this.#bytes.write(text, offset);
    return end;
  }

  #shrinkTo(used: number): void {
    if (this.#bytes.length > Math.max(MAX_SLACK * used, INITIAL)) this.#resize(used, used);
  }

  #resize(size: number, used: number): void {
    const larger = Buffer.allocUnsafeSlow(size);
    this.#bytes.copy(larger, 0, 0, used);
    this.#bytes = larger;
  }
}

/** Puts the parts of a request's body together: texts, and bytes that are copied. */
export function requestBody(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}
