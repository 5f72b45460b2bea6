/** Bytes of one body that are kept to be sent again. */
const MAX_KEPT = 1024 * 1024;
/** Bytes of all bodies that are kept at one moment. */
const MAX_KEPT_OF_ALL = 64 * 1024 * 1024;

/** The bytes of bodies that one server keeps at the moment. */
export class KeptBytes {
  #count = 0;

  /** Resolves with the beginning of a body, or all of it. Must be released. Rejects when the client leaves. */
  async keep(request: Request): Promise<KeptBody> {
    const reader = (request.body as ReadableStream<Uint8Array> | null)?.getReader();
    const kept: Uint8Array[] = [];
    let length = 0;
    const release = () => {
      this.#count -= length;
      length = 0;
    };
    if (reader === undefined) return new KeptBody({ kept, reader, release });
    try {
      while (length < MAX_KEPT && this.#count < MAX_KEPT_OF_ALL) {
        const { done, value } = await reader.read();
        if (done) return new KeptBody({ kept, reader: undefined, release });
        kept.push(value);
        length += value.byteLength;
        this.#count += value.byteLength;
      }
    } catch (error) {
      release();
      throw error;
    }
    return new KeptBody({ kept, reader, release });
  }
}

interface KeptBodyParts {
  kept: readonly Uint8Array[];
  /** The rest, which has not been read yet. */
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  release(): void;
}

/** The body of a request that may be sent several times if it is short, and once if it is long. */
export class KeptBody {
  readonly #parts: KeptBodyParts;

  constructor(parts: KeptBodyParts) {
    this.#parts = parts;
  }

  /** Whether it can be sent again. */
  get isWhole(): boolean {
    return this.#parts.reader === undefined;
  }

  get isEmpty(): boolean {
    return this.isWhole && this.#parts.kept.length === 0;
  }

  /** Bytes of a body that is kept whole. */
  get length(): number {
    return this.#parts.kept.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** The chunks; null without any. Of a long body for one reader. */
  chunks(): AsyncGenerator<Uint8Array, void, void> | null {
    return this.isEmpty ? null : this.#chunks();
  }

  /** The same request again, with a body that can be read. */
  requestOf({ url, method, headers, signal }: Request): Request {
    const chunks = this.chunks();
    const body = chunks && ReadableStream.from(chunks);
    return new Request(url, { method, headers: new Headers([...headers]), signal, body, duplex: "half" });
  }

  /** Gives the memory back. To be called when nothing is read any more. */
  release(): void {
    this.#parts.release();
  }

  async *#chunks(): AsyncGenerator<Uint8Array, void, void> {
    const { kept, reader } = this.#parts;
    yield* kept;
    while (reader !== undefined) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  }
}
