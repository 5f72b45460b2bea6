import { describe, expect, it } from "vitest";
import type { Reach } from "../../src/principal.ts";
import { KeyRing } from "../../src/server/access/key-ring.ts";
import type { AccessKeys } from "../../src/settings/access-keys/access-keys.ts";
import type { StoredAccessKey } from "../../src/settings/access-keys/key-collection.ts";
import { accessKeyDigest, newAccessKey, withSecret } from "../../src/settings/access-keys/key-text.ts";
import { recordingLogger } from "../http/make-core.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
const iso = (time: number) => new Date(time).toISOString();

function recordOf(key: string, id: string, fields: Partial<StoredAccessKey> = {}): StoredAccessKey {
  return {
    ...{ id, name: "n", scope: "read", owner: null, tags: null, digest: accessKeyDigest(key) },
    ...{ created_at: iso(START), last_used_at: null, revoked_at: null, expires_at: null, limits: null },
    ...fields,
  };
}

/** A ring over keys that a test changes, with what was read of them and noted. */
function openRing() {
  const stored = new Map<string, StoredAccessKey>();
  const [reads, uses]: [string[], [string, string][]] = [[], []];
  const clock = { time: START };
  const logger = recordingLogger();
  const keys = {
    byId: async (id: string) => {
      reads.push(id);
      return stored.get(id);
    },
    noteUse: async (id: string, last_used_at: string) => {
      uses.push([id, last_used_at]);
      stored.set(id, { ...(stored.get(id) as StoredAccessKey), last_used_at });
    },
  };
  const ring = new KeyRing({
    keys: async () => keys as unknown as AccessKeys,
    logger,
    now: () => clock.time,
  });
  const add = (fields: Partial<StoredAccessKey> = {}) => {
    const { id, key } = newAccessKey();
    stored.set(id, recordOf(key, id, fields));
    return { id, key };
  };
  return { ring, stored, reads, uses, clock, logger, keys, add };
}

describe("a key that was read", () => {
  it("counts as it was for two seconds, and not for a moment longer", async () => {
    const { ring, stored, reads, clock, add } = openRing();
    const { id, key } = add();
    expect(await ring.find(key)).toBeDefined();
    stored.delete(id);
    clock.time += 1_999;
    expect(await ring.find(key)).toBeDefined();
    expect(reads).toEqual([id]);
    clock.time += 1;
    expect(await ring.find(key)).toBeUndefined();
    expect(reads).toEqual([id, id]);
  });

  it("is read again when the clock has been put back", async () => {
    const { ring, stored, clock, add } = openRing();
    const { id, key } = add();
    expect(await ring.find(key)).toBeDefined();
    stored.delete(id);
    clock.time -= 1;
    expect(await ring.find(key)).toBeUndefined();
  });

  it("ends at its time, however lately it was read", async () => {
    const { ring, clock, add } = openRing();
    const { key } = add({ expires_at: iso(START + 1_000) });
    clock.time += 999;
    expect(await ring.find(key)).toBeDefined();
    clock.time += 1;
    expect(await ring.find(key)).toBeUndefined();
  });

  it("is read at once when this server has changed it", async () => {
    const { ring, stored, add } = openRing();
    const { id, key } = add();
    expect(await ring.find(key)).toBeDefined();
    stored.delete(id);
    ring.forget(id);
    expect(await ring.find(key)).toBeUndefined();
  });

  it("is read once for all who ask at the same time, and again when that has failed", async () => {
    const { ring, reads, keys, add } = openRing();
    const { id, key } = add();
    const { byId } = keys;
    keys.byId = async () => {
      throw new Error("no disk");
    };
    await expect(Promise.all([ring.find(key), ring.current(id)])).rejects.toThrow("no disk");
    keys.byId = byId;
    const found = await Promise.all([ring.find(key), ring.find(key), ring.current(id)]);
    expect([found.map((caller) => caller?.keyId), reads]).toEqual([[id, id, id], [id]]);
  });

  it("is one of a thousand that are remembered, and one that does not exist is none of them", async () => {
    const { ring, reads, add } = openRing();
    const first = add();
    await ring.find(first.key);
    for (let count = 0; count < 999; count += 1) await ring.find(add().key);
    for (let count = 0; count < 50; count += 1) await ring.find(newAccessKey().key);
    reads.length = 0;
    await ring.find(first.key);
    expect(reads).toEqual([]);
    await ring.find(add().key);
    reads.length = 0;
    await ring.find(first.key);
    expect(reads).toEqual([first.id]);
  });
});

describe("a text", () => {
  it("admits with the whole secret only", async () => {
    const { ring, reads, add } = openRing();
    const { id, key } = add();
    expect([ring.isKey(key), ring.isKey(key.slice(1))]).toEqual([true, false]);
    expect(await ring.find(withSecret(id))).toBeUndefined();
    expect(await ring.find(key.slice(1))).toBeUndefined();
    expect(reads).toEqual([id]);
  });

  it("that was replaced stands for no one whose session began with it", async () => {
    const { ring, stored, add } = openRing();
    const { id, key } = add();
    const { keyVersion = "" } = (await ring.find(key)) ?? {};
    expect(accessKeyDigest(key).startsWith(keyVersion) && keyVersion.length).toBe(16);
    expect(await ring.current(id, keyVersion)).toMatchObject({ keyId: id });
    const next = withSecret(id);
    stored.set(id, recordOf(next, id));
    ring.forget(id);
    expect(await ring.current(id, keyVersion)).toBeUndefined();
    expect(await ring.current(id)).toMatchObject({ keyId: id });
    expect(await ring.current("nope")).toBeUndefined();
  });
});

describe("the caller of a key", () => {
  it.each<[string, Partial<StoredAccessKey>, Reach]>([
    ["nothing else reaches all", {}, {}],
    ["an owner reaches what that one has made", { owner: "ada" }, { createdBy: "ada" }],
    ["tags reaches what has them", { tags: { team: "red" } }, { tags: { team: "red" } }],
    ["no tag reaches by tags, too", { tags: {} }, { tags: {} }],
    [
      "both reaches what meets both",
      { scope: "write", owner: "ada", tags: { team: "red" } },
      { createdBy: "ada", tags: { team: "red" } },
    ],
    ["the scope of an admin reaches all", { scope: "admin", owner: "ada", tags: { a: "b" } }, {}],
  ])("with %s", async (_what, fields, reach) => {
    const { ring, add } = openRing();
    const { id, key } = add(fields);
    const caller = await ring.find(key);
    expect(caller).toEqual({
      principal: { id: fields.owner ?? `key:${id}` },
      ...{ scope: fields.scope ?? "read", reach, keyId: id, keyVersion: expect.any(String) },
    });
  });

  it("has the limits that are set, and no others", async () => {
    const { ring, add } = openRing();
    const unset = { tokens_per_day: null, cost_per_hour: null, cost_per_day: null };
    const set = { requests_per_minute: 6, sockets: null, runs: 2, tokens_per_hour: null };
    const caller = await ring.find(add({ limits: { ...unset, ...set } }).key);
    expect(caller?.limits).toEqual({ requestsPerMinute: 6, runs: 2 });
  });
});

describe("the use of a key", () => {
  it("is noted once a minute", async () => {
    const { ring, uses, clock, add } = openRing();
    const { id, key } = add({ last_used_at: iso(START - 60_000) });
    for (const time of [0, 1, 59_999, 60_000]) {
      clock.time = START + time;
      await ring.find(key);
    }
    await expect
      .poll(() => uses)
      .toEqual([
        [id, iso(START)],
        [id, iso(START + 60_000)],
      ]);
    await ring.current(id);
    await ring.find(withSecret(id));
    expect(uses).toHaveLength(2);
  });

  it("that cannot be noted holds up no one, and is logged", async () => {
    const { ring, keys, logger, add } = openRing();
    keys.noteUse = async () => {
      throw new Error("no disk");
    };
    const { id, key } = add();
    expect(await ring.find(key)).toBeDefined();
    await expect.poll(() => logger.entries).toMatchObject([{ level: "warn", fields: { key: id } }]);
  });
});
