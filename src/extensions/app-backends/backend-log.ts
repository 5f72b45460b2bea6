import { type BackendLogs, MAX_LOG_BYTES } from "../../wire/extensions/canvas.ts";
import type { OutputChunk } from "../../workspace/workspace.ts";

/** The end of a back end's output, piece by piece. */
export class BackendLog {
  readonly #pieces: Uint8Array[] = [];
  #size = 0;
  #isTruncated = false;

  add({ stream, bytes }: OutputChunk): void {
    const label = new TextEncoder().encode(`[${stream}] `);
    const piece = new Uint8Array(label.byteLength + bytes.byteLength);
    piece.set(label);
    piece.set(bytes, label.byteLength);
    this.#pieces.push(piece);
    this.#size += piece.byteLength;
    while (this.#size > MAX_LOG_BYTES) {
      this.#size -= this.#pieces.shift()?.byteLength ?? 0;
      this.#isTruncated = true;
    }
  }

  /** The last bytes of it as text. */
  tail(name: string, limit: number): BackendLogs {
    const all = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.byteLength;
    }
    const logs = new TextDecoder().decode(all.subarray(Math.max(0, all.byteLength - limit)));
    return { name, logs, truncated: this.#isTruncated || all.byteLength > limit };
  }
}
