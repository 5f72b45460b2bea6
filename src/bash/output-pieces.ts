import type { SecretMask } from "../secrets/masking/secret-mask.ts";
import { StreamMask } from "../secrets/masking/stream-mask.ts";
import type { OutputChunk } from "../workspace/workspace.ts";

/**
 * Characters of one stream that fill a piece. To serialise and to store a piece holds up everything else: pieces of a
 * quarter of what the reference takes keep that near a millisecond.
 */
export const PIECE_LENGTH = 256 * 1024;
/** Characters of one command that are kept; the rest of its output is dropped. */
export const MAX_KEPT = 64 * 1024 * 1024;

type Stream = OutputChunk["stream"];

/** Text of the two streams of a command. */
export type StreamTexts = Record<Stream, string>;

/**
 * Cuts the output of one command into pieces of text while it comes. A character or a secret value that chunks split is
 * put together first. Memory holds less than one piece of each stream.
 */
export class OutputPieces {
  readonly #streams = { stdout: new StreamText(), stderr: new StreamText() };
  #kept = 0;
  #droppedBytes = 0;

  /** Whether everything that comes now is dropped. */
  get isFull(): boolean {
    return this.#kept >= MAX_KEPT;
  }

  /** Bytes that were dropped because the command had written too much. */
  get droppedBytes(): number {
    return this.#droppedBytes;
  }

  /** Takes output in. Returns the pieces that it fills. */
  push({ stream, bytes }: OutputChunk, mask: SecretMask): string[] {
    if (this.isFull) {
      this.#droppedBytes += bytes.length;
      return [];
    }
    const text = this.#streams[stream];
    text.setMask(mask);
    this.#kept += text.push(bytes);
    return text.takeFull();
  }

  /** Takes the end of a stream in. Returns the pieces that it fills; nothing of the stream may follow. */
  finish(stream: Stream): string[] {
    this.#streams[stream].finish();
    return this.#streams[stream].takeFull();
  }

  /** The text of both streams that is in no piece. */
  get rest(): StreamTexts {
    return { stdout: this.#streams.stdout.text, stderr: this.#streams.stderr.text };
  }
}

class StreamText {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #mask = new StreamMask();
  /** The text that is in no piece. */
  text = "";

  setMask(mask: SecretMask): void {
    this.#mask.setMask(mask);
  }

  /** Returns the number of characters that the text has grown by. */
  push(bytes: Uint8Array): number {
    const text = this.#mask.push(this.#decoder.decode(bytes, { stream: true }));
    this.text += text;
    return text.length;
  }

  takeFull(): string[] {
    const pieces: string[] = [];
    while (this.text.length > PIECE_LENGTH) {
      const end = wholeCharacters(this.text, PIECE_LENGTH);
      pieces.push(this.text.slice(0, end));
      this.text = this.text.slice(end);
    }
    return pieces;
  }

  finish(): void {
    this.text += this.#mask.push(this.#decoder.decode()) + this.#mask.end();
  }
}

/** The largest length up to this one that does not split a character of two code units. */
export function wholeCharacters(text: string, length: number): number {
  const code = text.charCodeAt(length - 1);
  const isSplit = code >= 0xd800 && code <= 0xdbff && text.length > length;
  return isSplit ? length - 1 : length;
}
