import { describe, expect, it } from "vitest";
import { silentLogger } from "../../src/logger.ts";
import { AccessKeys } from "../../src/settings/access-keys/access-keys.ts";
import { isInForce } from "../../src/settings/access-keys/in-force.ts";
import {
  accessKeyDigest,
  accessKeyId,
  hasDigest,
  newAccessKey,
} from "../../src/settings/access-keys/key-text.ts";
import { Documents } from "../../src/settings/documents/documents.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const DAY = 24 * 60 * 60 * 1_000;
const START = Date.parse("2026-01-01T00:00:00Z");
const REQUEST = {
  name: "ci",
  scope: "read",
  owner: null,
  tags: null,
  expires_at: null,
  limits: null,
} as const;

function open() {
  const store = memoryStore();
  const clock = { time: START, now: () => clock.time };
  const documents = new Documents({ store: store.documents, cipher: undefined, logger: silentLogger });
  const keys = new AccessKeys({ documents, clock });
  const kept = async () => (await store.documents.list("access-key")).map(({ name }) => name);
  return { store, clock, keys, kept };
}

const iso = (time: number) => new Date(time).toISOString();

describe("a key that is kept", () => {
  it("has its end ahead of it when it is made", async () => {
    const { keys } = open();
    await expect(keys.create({ ...REQUEST, expires_at: iso(START) })).rejects.toThrow(
      "expires_at: must be a moment that is still to come",
    );
    const { record } = await keys.create({ ...REQUEST, expires_at: iso(START + 1) });
    expect(await keys.byId(record.id)).toMatchObject({ id: record.id });
  });

  it("admits until the moment of its end, and not once it is revoked", async () => {
    const { keys, clock } = open();
    const expires_at = iso(START + 10);
    const [first, second] = [await keys.create({ ...REQUEST, expires_at }), await keys.create(REQUEST)];
    expect((await keys.revoke(second.record.id)).revoked_at).toBe(iso(START));
    expect(await keys.byId(second.record.id)).toBeUndefined();
    clock.time += 9;
    expect(await keys.byId(first.record.id)).toBeDefined();
    clock.time += 1;
    expect(await keys.byId(first.record.id)).toBeUndefined();
    expect((await keys.revoke(second.record.id)).revoked_at).toBe(iso(START));
  });

  it.each([
    [null, null, true],
    [null, 1, true],
    [null, 0, false],
    [null, -1, false],
    [1, null, false],
    [-1, null, false],
    [-1, 1, false],
  ])("revoked at %s and ending at %s: %s", (revoked, expires, admits) => {
    const at = (time: number | null) => (time === null ? null : iso(START + time));
    expect(isInForce({ revoked_at: at(revoked), expires_at: at(expires) }, START)).toBe(admits);
  });

  it("gets no other text after its end", async () => {
    const { keys, clock } = open();
    const { record, key } = await keys.create({ ...REQUEST, expires_at: iso(START + 10) });
    const rotated = await keys.rotate(record.id);
    expect(accessKeyId(rotated.key)).toBe(record.id);
    const { digest = "" } = (await keys.byId(record.id)) ?? {};
    expect([hasDigest(rotated.key, digest), hasDigest(key, digest)]).toEqual([true, false]);
    clock.time += 10;
    await expect(keys.rotate(record.id)).rejects.toThrow("has been revoked or has expired");
  });

  it("is the only one that is changed, and has to exist", async () => {
    const { keys, clock } = open();
    const [first, second] = [await keys.create(REQUEST), await keys.create(REQUEST)];
    clock.time += 1;
    await keys.noteUse(first.record.id, iso(clock.time));
    const uses = (await keys.list()).map(({ id, last_used_at }) => [id, last_used_at]);
    expect(new Map(uses as [string, string | null][])).toEqual(
      new Map([
        [first.record.id, iso(clock.time)],
        [second.record.id, null],
      ]),
    );
    await expect(keys.revoke("nope")).rejects.toMatchObject({ code: "not_found" });
    expect(await keys.byId("nope")).toBeUndefined();
  });

  it("admits no one while it cannot be read", async () => {
    const { keys, store } = open();
    const { record } = await keys.create(REQUEST);
    const [stored] = await store.documents.list("access-key");
    const { kind, name, revision } = stored ?? { kind: "", name: "", revision: 0 };
    await store.documents.write([{ kind, name, json: '{"scope":"admin"}', expected: revision }]);
    expect(await keys.byId(record.id)).toBeUndefined();
    expect(await keys.list()).toEqual([]);
    await expect(keys.revoke(record.id)).rejects.toMatchObject({ code: "not_found" });
    await keys.create(REQUEST);
    expect(await keys.list()).toHaveLength(1);
  });
});

describe("the list of keys", () => {
  it("begins with the newest, shows no digest, and forgets what ended 90 days ago", async () => {
    const { keys, clock, kept } = open();
    const made: string[] = [];
    for (const expires_at of [null, iso(START + DAY), null, iso(START + 400 * DAY)]) {
      made.push((await keys.create({ ...REQUEST, expires_at })).record.id);
      clock.time += 1_000;
    }
    const [forever = "", short = "", revoked = "", long = ""] = made;
    await keys.revoke(revoked);
    const ids = async () => (await keys.list()).map(({ id }) => id);
    expect(await ids()).toEqual([long, revoked, short, forever]);
    expect(JSON.stringify(await keys.list())).not.toContain("digest");
    clock.time = START + 91 * DAY;
    expect(await ids()).toEqual([long, short, forever]);
    clock.time += 1;
    expect(await ids()).toEqual([long, forever]);
    expect(await kept()).toHaveLength(4);
    const { record } = await keys.create(REQUEST);
    expect((await kept()).sort()).toEqual([forever, long, record.id].sort());
  });

  it("has those of one moment in the order of their ids", async () => {
    const { keys } = open();
    for (let count = 0; count < 5; count += 1) await keys.create(REQUEST);
    const ids = (await keys.list()).map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((left, right) => left.localeCompare(right)));
  });
});

describe("the text of a key", () => {
  it("is as random as its length says", () => {
    const texts = Array.from({ length: 200 }, () => newAccessKey().key);
    expect(new Set(texts).size).toBe(200);
    expect(new Set(texts.map((text) => text.slice(16, 59)).join("")).size).toBe(62);
  });

  it("has a checksum, without which it is none", () => {
    const { id, key } = newAccessKey();
    expect(accessKeyId(key)).toBe(id);
    const others = Array.from(key, (letter, index) => {
      const other = letter === "x" ? "y" : "x";
      return key.slice(0, index) + other + key.slice(index + 1);
    });
    expect(others.map(accessKeyId).filter(Boolean)).toEqual([]);
    expect([`${key}0`, ` ${key}`, `${key}\n`, key.slice(1), ""].map(accessKeyId).filter(Boolean)).toEqual([]);
  });

  it("is compared with a digest as a whole", () => {
    const { key } = newAccessKey();
    const digest = accessKeyDigest(key);
    expect(hasDigest(key, digest)).toBe(true);
    for (const other of ["", digest.slice(1), `${digest}0`, digest.replace(/.$/, "g"), key]) {
      expect(hasDigest(key, other)).toBe(false);
    }
  });
});
