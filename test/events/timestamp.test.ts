import { afterEach, describe, expect, test } from "vitest";
import { createTimestamps, toEventTimestamp } from "../../src/events/timestamp.ts";

const zone = process.env.TZ;
afterEach(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

function timestampsAt(...times: number[]) {
  return createTimestamps({ now: () => times.shift() ?? 0, newId: () => "" });
}

describe("createTimestamps", () => {
  test("gives events the local time without a zone, and conversations UTC", () => {
    process.env.TZ = "Asia/Kolkata";
    const now = Date.UTC(2026, 10, 22, 8, 26, 32) + 783.735;
    expect(timestampsAt(now).eventTimestamp()).toBe("2026-11-22T13:56:32.783735");
    expect(timestampsAt(now).utcTimestamp()).toBe("2026-11-22T08:26:32.783735Z");
  });

  test("always writes six digits", () => {
    process.env.TZ = "UTC";
    expect(timestampsAt(Date.UTC(2026, 0, 1)).eventTimestamp()).toBe("2026-01-01T00:00:00.000000");
  });

  test("goes on by a microsecond when the clock stands still or goes back", () => {
    process.env.TZ = "UTC";
    const timestamps = timestampsAt(5_000, 5_000, 4_000, 5_000.001, 6_000);
    expect([...Array(5)].map(() => timestamps.eventTimestamp().slice(17))).toEqual([
      "05.000000",
      "05.000001",
      "05.000002",
      "05.000003",
      "06.000000",
    ]);
  });

  test("goes on after the timestamps of an earlier process when the clock was put back in between", () => {
    process.env.TZ = "Asia/Kolkata";
    const clock = { now: () => Date.UTC(2026, 0, 1), newId: () => "" };
    const timestamps = createTimestamps(clock, { after: "2026-01-02T00:00:00.000500Z" });
    expect(timestamps.utcTimestamp() > "2026-01-02T00:00:00.000500Z").toBe(true);
    expect(timestamps.eventTimestamp() > "2026-01-02T05:30:00.000500").toBe(true);
  });

  test("keeps events in order when local clocks go back an hour", () => {
    process.env.TZ = "Europe/Berlin";
    const change = Date.UTC(2026, 9, 25, 1);
    const timestamps = timestampsAt(change - 1, change, change + 3_600_000);
    const texts = [timestamps.eventTimestamp(), timestamps.eventTimestamp(), timestamps.eventTimestamp()];
    expect(texts).toEqual(texts.toSorted());
    expect(texts[0]).toBe("2026-10-25T02:59:59.999000");
    expect(texts[2]).toBe("2026-10-25T03:00:00.000000");
  });
});

describe("toEventTimestamp", () => {
  test.each([
    ["2026-11-22T08:26:32.783735", "2026-11-22T08:26:32.783735"],
    ["2026-11-22 08:26:32", "2026-11-22T08:26:32"],
    ["2026-11-22T08:26:32.000", "2026-11-22T08:26:32"],
    ["2026-11-22T08:26", "2026-11-22T08:26:00"],
    ["2026-11-22", "2026-11-22T00:00:00"],
    ["2026-11-22T08:26:32.1234567", "2026-11-22T08:26:32.123456"],
    ["2026-11-22T08:26:32.5Z", "2026-11-22T13:56:32.500000"],
    ["2026-11-22T08:26:32+01:00", "2026-11-22T12:56:32"],
    ["2026-11-22T08:26:32-0530", "2026-11-22T19:26:32"],
    ["2026-11-22T23:00:00z", "2026-11-23T04:30:00"],
    ["1795335992", "2026-11-22T13:56:32"],
    ["1795335992500", "2026-11-22T13:56:32.500000"],
  ])("reads %s as %s in India", (text, expected) => {
    process.env.TZ = "Asia/Kolkata";
    expect(toEventTimestamp(text)).toBe(expected);
  });

  test.each([
    "",
    "yesterday",
    "2026-13-01",
    "2026-02-30T00:00:00",
    "2026-01-01T24:00:00",
    "2026-01-01T00:60",
    "2026-01-01T00:00:00+25:00",
    "2026-01-01T00:00:00 Europe/Berlin",
    "99999999999999999999",
  ])("refuses %j", (text) => {
    expect(toEventTimestamp(text)).toBeUndefined();
  });
});
