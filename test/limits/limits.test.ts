import { describe, expect, it } from "vitest";
import { type Account, accountsOf } from "../../src/limits/client.ts";
import { RequestBuckets } from "../../src/limits/request-buckets.ts";
import { UsageLedger } from "../../src/limits/usage-ledger.ts";
import { currentUsage, usedUp } from "../../src/limits/usage-windows.ts";
import { silentLogger } from "../../src/logger.ts";
import type { DocumentStore } from "../../src/stores/documents.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { recordingLogger } from "../http/make-core.ts";

const HOUR = 3_600_000;
const NOON = Date.parse("2030-01-01T12:00:00Z");

describe("buckets of requests", () => {
  const account = (name: string, requestsPerMinute = 1): Account => ({
    ...{ name, label: name },
    limits: { requestsPerMinute },
  });

  it("are not filled by a flood of other callers", () => {
    let now = NOON;
    const buckets = new RequestBuckets(() => now);
    buckets.take([account("first")]);
    for (let count = 1; count < 10_000; count += 1) buckets.take([account(`other ${count}`)]);
    expect(() => buckets.take([account("one too many")])).toThrow("too many callers");
    expect(() => buckets.take([account("first")])).toThrow("1 request a minute");
    now += 60_000;
    expect(buckets.take([account("one too many")])).toMatchObject({ left: 0 });
  });

  it("are not filled by a clock that jumps back, and only once by one that jumps ahead", () => {
    let now = NOON;
    const buckets = new RequestBuckets(() => now);
    const take = () => buckets.take([account("a", 2)])?.left;
    expect([take(), take()]).toEqual([1, 0]);
    now -= HOUR;
    expect(take).toThrow("2 requests a minute");
    now += 100 * HOUR;
    expect([take(), take()]).toEqual([1, 0]);
    expect(take).toThrow("2 requests a minute");
  });

  it("are all left as they are when one of them is empty", () => {
    const buckets = new RequestBuckets(() => NOON);
    buckets.take([account("narrow", 1)]);
    expect(() => buckets.take([account("wide", 2), account("narrow", 1)])).toThrow("narrow");
    expect(buckets.take([account("wide", 2)])?.left).toBe(1);
  });
});

describe("accounts", () => {
  it("differ where ids do, however long or odd they are", () => {
    const odd = ["a", "A", " a", "a\0", "\ud800", "\ud801", "x".repeat(10_000), `${"x".repeat(9_999)}y`];
    const names = odd.flatMap((principalId) =>
      accountsOf({ principalId }, { runs: 1 }).map(({ name }) => name),
    );
    expect(new Set(names).size).toBe(odd.length);
    expect(Math.max(...names.map((name) => name.length))).toBeLessThan(200);
  });
});

describe("the ledger of what was used", () => {
  const spent = { tokens: 10, cost: 0.25 };

  it("sums what several servers add at the same time", async () => {
    const { documents } = memoryStore();
    const ledgers = [1, 2, 3].map(
      () => new UsageLedger({ documents, logger: silentLogger, now: () => NOON }),
    );
    const rounds = Array.from({ length: 20 }, (_, round) => round);
    await Promise.all(
      ledgers.map(async (ledger) => {
        for (const _ of rounds) {
          ledger.add("ada", spent);
          await ledger.flushed();
        }
      }),
    );
    // What other servers were faster with is written again.
    for (const ledger of ledgers) await ledger.flushed();
    expect((await ledgers[0]?.usage("ada"))?.day).toEqual({ from: NOON - 12 * HOUR, tokens: 600, cost: 15 });
    expect((await ledgers[0]?.usage("bob"))?.day.tokens).toBe(0);
  });

  it("begins again with the hour and the day of UTC, and holds what a clock ahead has begun", () => {
    const used = { from: NOON, tokens: 5, cost: 1 };
    const kept = { hour: used, day: { ...used, from: NOON - 12 * HOUR } };
    expect(currentUsage(kept, NOON + HOUR - 1).hour.tokens).toBe(5);
    expect(currentUsage(kept, NOON + HOUR)).toMatchObject({ hour: { tokens: 0 }, day: { tokens: 5 } });
    expect(currentUsage(kept, NOON + 12 * HOUR).day.tokens).toBe(0);
    // The clock of this server is behind by a second, then that of another was wrong by a year.
    expect(currentUsage(kept, NOON - 1_000).hour.tokens).toBe(5);
    expect(currentUsage(kept, NOON - 365 * 24 * HOUR)).toMatchObject({
      hour: { tokens: 0 },
      day: { tokens: 0 },
    });
  });

  it("says how long it takes until all of it may be used again", () => {
    const account = { name: "a", label: "a", limits: { tokensPerHour: 5, costPerDay: 1 } };
    const used = { from: NOON, tokens: 5, cost: 1 };
    const usage = { hour: used, day: { ...used, from: NOON - 12 * HOUR } };
    expect(usedUp(account, usage, NOON + HOUR / 2)).toMatchObject({
      name: "costPerDay",
      seconds: 11.5 * 3_600,
    });
    expect(usedUp({ ...account, limits: { tokensPerHour: 6 } }, usage, NOON)).toBeUndefined();
  });

  it("counts what a store refuses, says so once, and stores it when the store is well again", async () => {
    const { documents } = memoryStore();
    let isFull = true;
    const faulty: Pick<DocumentStore, "read" | "write"> = {
      read: (...args) => documents.read(...args),
      write: async (changes) => {
        if (isFull) throw new Error("the disk is full");
        return documents.write(changes);
      },
    };
    const logger = recordingLogger();
    const ledger = new UsageLedger({ documents: faulty, logger, now: () => NOON });
    ledger.add("ada", spent);
    expect((await ledger.usage("ada")).hour.tokens).toBe(10);
    ledger.add("ada", spent);
    expect((await ledger.usage("ada")).hour.tokens).toBe(20);
    expect(logger.entries).toMatchObject([{ level: "error", fields: { error: "the disk is full" } }]);
    isFull = false;
    await ledger.flushed();
    const other = new UsageLedger({ documents, logger, now: () => NOON });
    expect((await other.usage("ada")).hour.tokens).toBe(20);
  });

  it("forgets what is of a day that has ended, and reads what is damaged as nothing", async () => {
    const { documents } = memoryStore();
    let now = NOON;
    const ledger = new UsageLedger({ documents, logger: silentLogger, now: () => now });
    for (let count = 0; count < 300; count += 1) ledger.add(`old ${count}`, spent);
    await ledger.flushed();
    now += 48 * HOUR;
    for (let count = 0; count < 300; count += 1) ledger.add(`new ${count}`, spent);
    await ledger.flushed();
    const pages = await documents.list("client-usage");
    const kept = pages.flatMap(({ json }) => Object.keys(JSON.parse(json)));
    expect(pages.length).toBeLessThanOrEqual(256);
    expect(kept.length).toBeGreaterThanOrEqual(300);
    expect(kept.length).toBeLessThan(600);
    for (const { kind, name, revision } of pages) {
      await documents.write([{ kind, name, json: '{"x":{"hour":1}}', expected: revision }]);
    }
    expect((await ledger.usage("new 1")).day.tokens).toBe(0);
  });
});
