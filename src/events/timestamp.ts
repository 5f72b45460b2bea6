import type { Clock } from "../clock.ts";
import { readDateTime } from "../wire/datetime.ts";

const MICROSECONDS_PER_SECOND = 1_000_000;
const MICROSECONDS_PER_MINUTE = 60_000_000;
const FRACTION_DIGITS = 6;

export interface Timestamps {
  /** For events: server-local time without a zone, `2026-11-22T08:26:32.783735`. Each text is greater than the last. */
  eventTimestamp(): string;
  /** For conversations: `2026-11-22T08:26:32.698551Z`. Each text is greater than the last. */
  utcTimestamp(): string;
}

/** Microseconds by which an event may be stamped later than the conversation that it changes. */
const EVENT_MARGIN = 1_000;

/**
 * Makes timestamps that keep events in order, also within one microsecond and when the clock is put back. `after` is
 * the newest `utcTimestamp` that an earlier process gave: the clock may have been put back between the two.
 */
export function createTimestamps(clock: Clock, { after }: { after?: string } = {}): Timestamps {
  let utc = after === undefined ? 0 : toMicroseconds(Date.parse(after)) + EVENT_MARGIN;
  let local = after === undefined ? 0 : toLocal(utc);
  const localText = textWriter();
  const utcText = textWriter();
  return {
    eventTimestamp() {
      const now = clock.now();
      const offset = new Date(now).getTimezoneOffset() * MICROSECONDS_PER_MINUTE;
      local = Math.max(toMicroseconds(now) - offset, local + 1);
      return localText(local);
    },
    utcTimestamp() {
      utc = Math.max(toMicroseconds(clock.now()), utc + 1);
      return `${utcText(utc)}Z`;
    },
  };
}

/**
 * The form in which the time of a filter compares with the timestamps of events: local, without a zone, and without the
 * fraction when it is zero. Undefined when the text is not a date and time.
 */
export function toEventTimestamp(text: string): string | undefined {
  const time = readDateTime(text);
  if (time === undefined) return undefined;
  const { wall, offset } = time;
  return withoutZeroFraction(offset === undefined ? wall : toLocal(wall - offset * MICROSECONDS_PER_MINUTE));
}

/**
 * The form in which the time of a filter compares with `utcTimestamp`. A text without a zone is taken as UTC. Undefined
 * when the text is not a date and time.
 */
export function toUtcTimestamp(text: string): string | undefined {
  const time = readDateTime(text);
  return time && `${toText(time.wall - (time.offset ?? 0) * MICROSECONDS_PER_MINUTE)}Z`;
}

/** Microseconds that a local clock shows at that moment. */
function toLocal(utc: number): number {
  return utc - new Date(utc / 1_000).getTimezoneOffset() * MICROSECONDS_PER_MINUTE;
}

function toMicroseconds(milliseconds: number): number {
  return Math.floor(milliseconds * 1_000);
}

function withoutZeroFraction(microseconds: number): string {
  return toText(microseconds).replace(/\.000000$/, "");
}

/** Writes times as `toText` does. Most fall into the second of the one before, whose text is kept. */
function textWriter(): (microseconds: number) => string {
  let second = Number.NaN;
  let text = "";
  return (microseconds) => {
    const own = Math.floor(microseconds / MICROSECONDS_PER_SECOND);
    if (own !== second) {
      second = own;
      text = toText(own * MICROSECONDS_PER_SECOND).slice(0, -FRACTION_DIGITS);
    }
    return text + String(microseconds - own * MICROSECONDS_PER_SECOND).padStart(FRACTION_DIGITS, "0");
  };
}

function toText(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1_000);
  const rest = microseconds - milliseconds * 1_000;
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(rest).padStart(3, "0")}`;
}
