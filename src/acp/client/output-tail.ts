/** The end of an output, within a number of bytes. */
export class OutputTail {
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #isCut = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Whether the beginning is missing. */
  get isCut(): boolean {
    return this.#isCut;
  }

  add(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
    this.#bytes += bytes.byteLength;
    while (this.#bytes > this.#maxBytes) this.#drop();
  }

  /** The output as text. A character that the cut has split is left out. */
  text(): string {
    const decoder = new TextDecoder();
    const text =
      this.#parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
    return this.#isCut ? text.replace(/^\uFFFD+/, "") : text;
  }

  #drop(): void {
    this.#isCut = true;
    const excess = this.#bytes - this.#maxBytes;
    const [first = new Uint8Array(), ...others] = this.#parts;
    const isWhole = first.byteLength <= excess;
    this.#parts = isWhole ? others : [first.subarray(excess), ...others];
    this.#bytes -= isWhole ? first.byteLength : excess;
  }
}
