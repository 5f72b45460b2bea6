import { createHash } from "node:crypto";
import type { WorkspaceFiles } from "./workspace-files.ts";

/** Passes bytes on and reckons their SHA-256, in lower-case hex, and their number meanwhile. */
export class Digest {
  readonly #hash = createHash("sha256");
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** The checksum of all that was passed on. Ends the reckoning. */
  end(): string {
    return this.#hash.digest("hex");
  }

  async *through(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of pieces) {
      this.#hash.update(piece);
      this.#size += piece.byteLength;
      yield piece;
    }
  }
}

/** The SHA-256 of a file of any size, in lower-case hex. */
export async function fileDigest(files: WorkspaceFiles, path: string): Promise<string> {
  const digest = new Digest();
  for await (const _ of digest.through(await files.readStream(path))) {
    // Reading is all there is to do.
  }
  return digest.end();
}
