import { MatchFinder } from "./match-finder.ts";
import { SECRET_MASK, SecretMask } from "./secret-mask.ts";

/**
 * Hides values in a text that comes in pieces, also where pieces split a value. Characters that may be the beginning of
 * a value are held back, at most as many as the longest spelling has.
 */
export class StreamMask {
  #mask = SecretMask.empty;
  #finder = new MatchFinder([]);
  /** The text that is held back. */
  #held = "";
  /** Offset of what is held back in the text that the finder has read. */
  #heldFrom = 0;

  /** Replaces the values. They hold for what is held back and what follows. */
  setMask(mask: SecretMask): void {
    if (mask === this.#mask) return;
    this.#mask = mask;
    this.#restart(this.#held);
  }

  /** Takes a piece in. Returns what no later piece can change. */
  push(piece: string): string {
    this.#held += piece;
    this.#finder.append(piece);
    return this.#take();
  }

  /** Returns what `end` would return after another piece, without taking it in. */
  preview(piece: string): string {
    return this.#mask.mask(this.#held + piece);
  }

  /** Masks a text that has nothing to do with the stream. */
  whole(text: string): string {
    return this.#mask.mask(text);
  }

  /** Returns the rest: no more pieces come. The next piece begins another text. */
  end(): string {
    this.#finder.end();
    const rest = this.#take();
    this.#restart("");
    return rest;
  }

  #take(): string {
    const { matches, upTo } = this.#finder.take();
    let text = "";
    for (const { from, to } of matches) {
      text += this.#held.slice(0, from - this.#heldFrom) + SECRET_MASK;
      this.#drop(to);
    }
    text += this.#held.slice(0, upTo - this.#heldFrom);
    this.#drop(upTo);
    return text;
  }

  #drop(offset: number): void {
    this.#held = this.#held.slice(offset - this.#heldFrom);
    this.#heldFrom = offset;
  }

  #restart(held: string): void {
    this.#finder = new MatchFinder(this.#mask.patterns);
    this.#finder.append(held);
    this.#held = held;
    this.#heldFrom = 0;
  }
}
