import { isObject } from "../../is-object.ts";
import type { Frame, FramePlace, TextFrame } from "../frame-relay.ts";

/** A message between relays: a frame, or a hint that something was not carried and has to be looked up in the store. */
export interface FeedMessage {
  /** The relay that has published it. */
  readonly from: string;
  /** Left out by a hint. */
  readonly frame?: TextFrame;
}

const KINDS = ["event", "transient", "delta", "progress"] as const;

/** Writes a frame as the text of a feed. One that is too long, and the end of a conversation, are to be looked up. */
export function toFeedText(from: string, frame: Frame, maxLength: number): string {
  const hint = JSON.stringify({ from });
  if (!("text" in frame)) return hint;
  const { kind, text, fence } = frame;
  if (text.length > maxLength) return hint;
  const where = kind === "event" ? { seq: frame.seq } : { ...frame.place };
  const message = JSON.stringify({ from, kind, ...where, fence, text });
  return message.length > maxLength ? hint : message;
}

/**
 * Reads the text of a feed. Undefined for a text that is not of a relay. A kind that this version does not know is to be
 * looked up.
 */
export function readFeedText(text: string): FeedMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || typeof value.from !== "string") return undefined;
  const { from, kind } = value;
  const known = KINDS.find((name) => name === kind);
  if (known === undefined) return { from };
  if (typeof value.text !== "string" || !isCountOrAbsent(value.fence)) return undefined;
  const written = { text: value.text, fence: value.fence };
  if (known === "event")
    return isCount(value.seq) ? { from, frame: { kind: known, seq: value.seq, ...written } } : undefined;
  const place = placeIn(value);
  return place === "wrong" ? undefined : { from, frame: { kind: known, place, ...written } };
}

function placeIn({ at, nth }: Record<string, unknown>): FramePlace | undefined | "wrong" {
  if (at === undefined && nth === undefined) return undefined;
  return isCount(at) && isCount(nth) ? { at, nth } : "wrong";
}

function isCountOrAbsent(value: unknown): value is number | undefined {
  return value === undefined || isCount(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
