import type { Terminal } from "@xterm/headless";
import type { OutputToken } from "./output-token.ts";
import { SequenceFilter, type SequenceFilterOptions } from "./sequence-filter.ts";

/** Work of one piece. The emulator lets other work run between pieces once it has been busy for some milliseconds. */
const MAX_PIECE = 4096;
/** Pieces that the emulator has at once. The others can still be dropped when the terminal is closed. */
const MAX_PIECES_INSIDE = 16;

interface Piece {
  text: string;
  work: number;
  done?: () => void;
}

/** Gives output to the emulator in pieces that keep the process busy for a short time each. */
export class EmulatorFeed {
  readonly #emulator: Pick<Terminal, "write">;
  readonly #filter: SequenceFilter;
  #waiting: Piece[] = [];
  #inside = 0;

  constructor(emulator: Pick<Terminal, "write">, options: SequenceFilterOptions) {
    this.#emulator = emulator;
    this.#filter = new SequenceFilter(options);
  }

  /** Queues output and returns the work it takes. Calls back when the emulator has taken it in. */
  write(output: string, done: () => void): number {
    const pieces = cut(this.#filter.read(output));
    const last = pieces.at(-1) ?? { text: "", work: 0 };
    last.done = done;
    this.#waiting.push(...(pieces.length === 0 ? [last] : pieces));
    this.#feed();
    return pieces.reduce((sum, piece) => sum + piece.work, 0);
  }

  /** Drops output that the emulator does not have yet. Its callbacks are not called. */
  clear(): void {
    this.#waiting = [];
  }

  #feed(): void {
    while (this.#inside < MAX_PIECES_INSIDE) {
      const piece = this.#waiting.shift();
      if (piece === undefined) return;
      this.#inside += 1;
      this.#emulator.write(piece.text, () => {
        this.#inside -= 1;
        piece.done?.();
        this.#feed();
      });
    }
  }
}

/** Joins tokens to pieces of at most `MAX_PIECE` work. A sequence is never split; plain text may be. */
function cut(tokens: Iterable<OutputToken>): Piece[] {
  const pieces: Piece[] = [];
  let current: Piece = { text: "", work: 0 };
  for (const token of tokens) {
    let rest: OutputToken = token;
    // Plain text has as much work as characters.
    while (current.work + rest.work > MAX_PIECE && rest.work === rest.text.length) {
      const room = MAX_PIECE - current.work;
      pieces.push({ text: current.text + rest.text.slice(0, room), work: MAX_PIECE });
      rest = { text: rest.text.slice(room), work: rest.work - room };
      current = { text: "", work: 0 };
    }
    if (current.work + rest.work > MAX_PIECE) {
      pieces.push(current);
      current = { text: "", work: 0 };
    }
    current = { text: current.text + rest.text, work: current.work + rest.work };
  }
  return current.text === "" ? pieces : [...pieces, current];
}
