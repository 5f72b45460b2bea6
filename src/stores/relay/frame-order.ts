import type { EventFrame, TextFrame, UnstoredFrame } from "../frame-relay.ts";
import type { StoredEvent } from "../store.ts";

/** Frames that are kept until those before them have come, and the length of their texts in UTF-16 code units. */
const MAX_AHEAD = 1_000;
const MAX_AHEAD_LENGTH = 4 * 1024 * 1024;

/** Whether a frame can be shown now, has been or can never be, or waits for earlier ones. */
type Standing = "now" | "past" | "ahead";

/**
 * Brings the frames of one log into order, whatever loses, repeats and reorders them on the way, together with events
 * that are read from the store.
 *
 * - A stored event is shown when it is the next one.
 * - Another frame is shown in its place between the events, once, and not when a later claim has published meanwhile.
 * - Once a piece of a reply is missing, those after it are not shown until the next event: clients put pieces together.
 */
export class FrameOrder {
  readonly #show: (frame: TextFrame) => void;
  /** Place of the next event; undefined until it is known. */
  #next: number | undefined;
  #fence = 0;
  /** The last frame shown behind the last event: -1 when all of them are expected, undefined when some may be missed. */
  #nth: number | undefined;
  #isTorn = false;
  #ahead: TextFrame[] = [];
  #aheadLength = 0;
  /** Whether frames were dropped that were ahead: their events are in the store. */
  #overflowed = false;
  #received = 0;

  constructor(show: (frame: TextFrame) => void) {
    this.#show = show;
  }

  /** Place of the next event; undefined until it is known. */
  get next(): number | undefined {
    return this.#next;
  }

  /** Number of frames that have come. */
  get received(): number {
    return this.#received;
  }

  /** Whether frames wait for events that have not come, or had to be dropped. */
  get isBehind(): boolean {
    return this.#next !== undefined && (this.#ahead.length > 0 || this.#overflowed);
  }

  /** Says where the log stands. What has come before is shown from there on. */
  begin(next: number): void {
    this.#next = next;
    this.#drain();
  }

  take(frame: TextFrame): void {
    const next = this.#next;
    this.#received += 1;
    this.#sort(frame);
    if (this.#next !== next) this.#drain();
  }

  /** Takes events as the store has them, without a gap among them. */
  fill(events: readonly StoredEvent[]): void {
    for (const { seq, json } of events) {
      if (seq === this.#next) this.#pass({ kind: "event", seq, text: json });
    }
    this.#drain();
  }

  /** Waits for nothing more: the store has no further events. */
  giveUp(): void {
    this.#takeAhead();
    this.#overflowed = false;
  }

  #sort(frame: TextFrame): void {
    const standing = this.#standing(frame);
    if (standing === "now") this.#pass(frame);
    else if (standing === "ahead") this.#keep(frame);
  }

  #standing(frame: TextFrame): Standing {
    if (frame.kind !== "event" && frame.place === undefined) return "now";
    if (this.#next === undefined) return "ahead";
    if ((frame.fence ?? this.#fence) < this.#fence) return "past";
    const at = placeOf(frame);
    if (at !== this.#next) return at < this.#next ? "past" : "ahead";
    return frame.kind === "event" || nthOf(frame) > (this.#lastOf(frame) ?? -1) ? "now" : "past";
  }

  /** The last frame shown of those that the frame is counted among: each claim starts again. */
  #lastOf({ fence }: UnstoredFrame): number | undefined {
    return (fence ?? this.#fence) > this.#fence && this.#fence > 0 ? -1 : this.#nth;
  }

  #pass(frame: TextFrame): void {
    if (frame.kind === "event") this.#passEvent(frame);
    else if (frame.place === undefined) this.#show(frame);
    else this.#passUnstored(frame);
  }

  #passUnstored(frame: UnstoredFrame): void {
    const last = this.#lastOf(frame);
    const nth = nthOf(frame);
    if (last !== this.#nth) this.#isTorn = false;
    if (last !== undefined && nth > last + 1) this.#isTorn = true;
    this.#nth = nth;
    this.#fence = frame.fence ?? this.#fence;
    if (!this.#isTorn || frame.kind === "transient") this.#show(frame);
  }

  #passEvent(frame: EventFrame): void {
    this.#next = frame.seq + 1;
    this.#nth = -1;
    this.#isTorn = false;
    this.#fence = frame.fence ?? this.#fence;
    this.#show(frame);
  }

  #keep(frame: TextFrame): void {
    this.#ahead.push(frame);
    this.#aheadLength += frame.text.length;
    if (this.#ahead.length <= MAX_AHEAD && this.#aheadLength <= MAX_AHEAD_LENGTH) return;
    this.#takeAhead();
    this.#overflowed = true;
  }

  #drain(): void {
    for (const frame of this.#takeAhead().sort(byPlace)) this.#sort(frame);
  }

  #takeAhead(): TextFrame[] {
    const ahead = this.#ahead;
    this.#ahead = [];
    this.#aheadLength = 0;
    return ahead;
  }
}

function byPlace(left: TextFrame, right: TextFrame): number {
  return placeOf(left) - placeOf(right) || nthOf(left) - nthOf(right);
}

/** Number of events before a frame. */
function placeOf(frame: TextFrame): number {
  return frame.kind === "event" ? frame.seq : (frame.place?.at ?? 0);
}

/** An event comes after the other frames that have as many events before them. */
function nthOf(frame: TextFrame): number {
  return frame.kind === "event" ? Number.MAX_SAFE_INTEGER : (frame.place?.nth ?? 0);
}
