/** A piece of the log of a run. */
export interface Frame {
  kind: "o" | "e" | "i" | "n" | "x";
  bytes: Uint8Array;
}

const HEADER = /^([oeinx]) (\d{1,8})$/;
const MAX_HEADER = 16;

/** Cuts the log of a run into frames, however its bytes arrive. */
export class FrameParser {
  readonly #maxBytes: number;
  #held: Uint8Array = new Uint8Array(0);

  /** `maxBytes` is the size of the largest frame. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Gives the frames that are whole now. Throws for anything but a log. */
  push(bytes: Uint8Array): Frame[] {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | null {
    const end = this.#held.indexOf(10);
    if (end === -1 && this.#held.length <= MAX_HEADER) return null;
    const header = HEADER.exec(Buffer.from(this.#held.subarray(0, Math.max(end, 0))).toString("latin1"));
    const size = Number(header?.[2] ?? Number.NaN);
    if (header === null || !(size <= this.#maxBytes)) throw new Error("the log of a command is damaged");
    const start = end + 1;
    if (this.#held.length < start + size) return null;
    const bytes = this.#held.subarray(start, start + size);
    this.#held = this.#held.subarray(start + size);
    return { kind: header[1] as Frame["kind"], bytes };
  }
}
