/** The first bytes of an output, read as UTF-8. */
export class BoundedOutput {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get truncated(): boolean {
    return this.#size > this.#maxBytes;
  }

  add(chunk: Uint8Array): void {
    if (this.#size < this.#maxBytes) this.#chunks.push(chunk.subarray(0, this.#maxBytes - this.#size));
    this.#size += chunk.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
