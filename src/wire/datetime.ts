const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)[Tt _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?$/i;
const NUMBER = /^-?\d+(\.\d+)?$/;
/** Numbers up to this one are Unix seconds, larger ones milliseconds. */
const LARGEST_SECONDS = 2e10;
const MAX_MILLISECONDS = 8.64e15;

/** A date and time that was read from text. */
export interface DateTime {
  /** Microseconds since 1970 that a clock shows which was set to UTC, whatever the zone. */
  wall: number;
  /** Minutes east of UTC; undefined when the text names no zone. */
  offset: number | undefined;
}

/**
 * Reads a date and time as filters accept it: ISO 8601 with or without time and zone, or Unix seconds or milliseconds.
 * Undefined for any other text and for dates that do not exist.
 */
export function readDateTime(text: string): DateTime | undefined {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return fromUnix(Number(trimmed));
  const match = DATE_TIME.exec(DATE.test(trimmed) ? `${trimmed}T00:00` : trimmed);
  if (match === null) return undefined;
  const [, date = "", hour = "", minute = "", second = "00", fraction = "", zone] = match;
  const naive = `${date}T${hour}:${minute}:${second}`;
  const milliseconds = Date.parse(`${naive}Z`);
  // Parsing carries days over (30 February) and takes 24:00; a real time reads back as it was written.
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 19) !== naive)
    return undefined;
  const offset = zone === undefined ? undefined : offsetOf(zone);
  if (zone !== undefined && offset === undefined) return undefined;
  return { wall: milliseconds * 1_000 + Number(fraction.slice(0, 6).padEnd(6, "0")), offset };
}

function fromUnix(value: number): DateTime | undefined {
  const milliseconds = Math.abs(value) > LARGEST_SECONDS ? value : value * 1_000;
  if (milliseconds < 0 || milliseconds > MAX_MILLISECONDS) return undefined;
  return { wall: Math.floor(milliseconds * 1_000), offset: 0 };
}

function offsetOf(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * The moment `now`, UTC with Z, in the zone of an earlier moment, or of the server where that names none. Text that is
 * no date and time is returned as it is.
 */
export function inZoneOf(earlier: string, now: string): string {
  const former = /^\d{4}-/.test(earlier.trim()) ? readDateTime(earlier) : undefined;
  if (former === undefined) return earlier;
  const { wall = 0 } = readDateTime(now) ?? {};
  const offset = former.offset ?? -new Date(wall / 1_000).getTimezoneOffset();
  if (offset === 0) return now;
  const shifted = wall + offset * 60_000_000;
  const seconds = new Date(Math.floor(shifted / 1_000)).toISOString().slice(0, 19);
  const fraction = String(((shifted % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, "0");
  return `${seconds}.${fraction}${zoneText(offset)}`;
}

function zoneText(offset: number): string {
  const minutes = Math.abs(offset);
  const digits = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0"));
  return `${offset < 0 ? "-" : "+"}${digits.join(":")}`;
}
