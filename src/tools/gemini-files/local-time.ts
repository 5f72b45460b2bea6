/** Milliseconds since 1970 of the years 1 and 9999. A file can claim to be of any other. */
const RANGE = { first: -62_135_510_400_000, last: 253_402_214_400_000 };

/**
 * Writes a time, in milliseconds since 1970, as the server's clock shows it: ISO 8601 in microseconds, without a zone.
 */
export function localTime(milliseconds: number): string {
  const time = Math.min(Math.max(milliseconds, RANGE.first), RANGE.last);
  const shift = new Date(time).getTimezoneOffset() * 60_000;
  const microseconds = Math.floor((time - shift) * 1_000);
  const whole = Math.floor(microseconds / 1_000);
  const fraction = String(microseconds - whole * 1_000).padStart(3, "0");
  return (new Date(whole).toISOString().slice(0, -1) + fraction).replace(/\.000000$/, "");
}
