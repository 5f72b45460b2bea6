import type { Clock } from "../clock.ts";

const MICROSECONDS_PER_MINUTE = 60_000_000;
/** Numbers up to this many are Unix seconds, larger ones milliseconds. */
const LARGEST_SECONDS = 2e10;

export interface Timestamps {
  /** For events: server-local time without a zone, `2026-11-22T08:26:32.783735`. Each text is greater than the last. */
  eventTimestamp(): string;
  /** For conversations: `2026-11-22T08:26:32.698551Z`. Each text is greater than the last. */
  utcTimestamp(): string;
}

/** Times that order what happened, even within one microsecond and when the local clock goes back an hour. */
export function createTimestamps(clock: Clock): Timestamps {
  let local = 0;
  let utc = 0;
  return {
    eventTimestamp() {
      const now = clock.now();
      const offset = new Date(now).getTimezoneOffset() * MICROSECONDS_PER_MINUTE;
      local = Math.max(toMicroseconds(now) - offset, local + 1);
      return toText(local);
    },
    utcTimestamp() {
      utc = Math.max(toMicroseconds(clock.now()), utc + 1);
      return `${toText(utc)}Z`;
    },
  };
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)[Tt _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * The form in which a filter's ISO datetime compares with the timestamps of events: local, without a zone,
 * and without the fraction when it is zero. Unix seconds and milliseconds are taken too, as the reference does.
 * Undefined when the text is no such time.
 */
export function toEventTimestamp(text: string): string | undefined {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return fromUnix(Number(trimmed));
  const dateOnly = DATE.test(trimmed);
  const match = DATE_TIME.exec(dateOnly ? `${trimmed}T00:00` : trimmed);
  if (match === null) return undefined;
  const [, date = "", hour = "", minute = "", second = "00", fraction = "", zone] = match;
  const naive = `${date}T${hour}:${minute}:${second}`;
  const wall = Date.parse(`${naive}Z`);
  // Parsing carries days over (30 February) and takes 24:00; a real time reads back as it was written.
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 19) !== naive) return undefined;
  const offset = zone === undefined ? 0 : offsetMinutes(zone);
  if (offset === undefined) return undefined;
  const milliseconds = zone === undefined ? wall : toLocal(wall - offset * 60_000);
  return withoutZeroFraction(milliseconds * 1_000 + Number(fraction.slice(0, 6).padEnd(6, "0")));
}

function fromUnix(value: number): string | undefined {
  const milliseconds = Math.abs(value) > LARGEST_SECONDS ? value : value * 1_000;
  const local = toLocal(milliseconds);
  return Number.isNaN(local) || local < 0 ? undefined : withoutZeroFraction(toMicroseconds(local));
}

/** The reading of a local clock at that moment, as if it were UTC. NaN when out of range. */
function toLocal(milliseconds: number): number {
  return milliseconds - new Date(milliseconds).getTimezoneOffset() * 60_000;
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

function toMicroseconds(milliseconds: number): number {
  return Math.floor(milliseconds * 1_000);
}

function withoutZeroFraction(microseconds: number): string {
  return toText(microseconds).replace(/\.000000$/, "");
}

function toText(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1_000);
  const rest = microseconds - milliseconds * 1_000;
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(rest).padStart(3, "0")}`;
}
