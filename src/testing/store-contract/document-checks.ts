import assert from "node:assert/strict";
import type { DocumentChange, StoredDocument } from "../../stores/documents.ts";
import type { Store } from "../../stores/store.ts";
import { range, refused } from "./sample-log.ts";

/** Checks of named documents. */
export const DOCUMENT_CHECKS: Record<string, (store: Store) => Promise<void>> = {
  "returns a document exactly as it was written, with its revision": async ({ documents }) => {
    const json = JSON.stringify({ text: "snow ☃, a 🙂, a \u0000 and 'quotes\"", half: "\ud83d" });
    assert.equal(await documents.write([change("note", json)]), "written");
    const found = await documents.read("setting", "note");
    assert.deepEqual({ ...found, revision: 0 }, { kind: "setting", name: "note", revision: 0, json });
    assert.ok(Number.isSafeInteger(found?.revision));
    assert.equal(await documents.read("setting", "other"), null);
    assert.equal(await documents.read("profile", "note"), null);
  },

  "writes a document only over the revision that is expected": async (store) => {
    const { documents } = store;
    assert.equal(await documents.write([change("note", "1", 1)]), "conflict");
    await documents.write([change("note", "1")]);
    assert.equal(await documents.write([change("note", "2")]), "conflict");
    const { revision } = await here(store, "note");
    assert.equal(await documents.write([change("note", "2", revision)]), "written");
    assert.equal(await documents.write([change("note", "3", revision)]), "conflict");
    assert.equal(await documents.write([change("note", null, revision)]), "conflict");
    assert.equal((await here(store, "note")).json, "2");
  },

  "removes a document, whose revision never comes again": async (store) => {
    const { documents } = store;
    await documents.write([change("note", "1")]);
    const first = await here(store, "note");
    assert.equal(await documents.write([change("note", null, first.revision)]), "written");
    assert.equal(await documents.read("setting", "note"), null);
    assert.equal(await documents.write([change("note", null, first.revision)]), "conflict");
    assert.equal(await documents.write([change("note", null)]), "written");
    await documents.write([change("note", "2")]);
    const second = await here(store, "note");
    assert.ok(second.revision > first.revision);
    assert.equal(await documents.write([change("note", "3", first.revision)]), "conflict");
  },

  "makes all changes of a write or none": async (store) => {
    const { documents } = store;
    await documents.write([change("a", "1"), change("b", "1")]);
    const [a, b] = [await here(store, "a"), await here(store, "b")];
    const mixed = [change("a", "2", a.revision), change("c", "2"), change("b", null, b.revision + 100)];
    assert.equal(await documents.write(mixed), "conflict");
    assert.deepEqual(await listed(store), ["a=1", "b=1"]);
    const whole = [change("a", "2", a.revision), change("c", "2"), change("b", null, b.revision)];
    assert.equal(await documents.write(whole), "written");
    assert.deepEqual(await listed(store), ["a=2", "c=2"]);
    assert.equal(await documents.write([]), "written");
  },

  "lets one of several writers at the same moment succeed": async (store) => {
    const { documents } = store;
    const outcomes = await Promise.all(
      range(8).map((index) => documents.write([change("note", `${index}`)])),
    );
    assert.deepEqual(outcomes.toSorted(), [...Array(7).fill("conflict"), "written"]);
    assert.equal((await here(store, "note")).json, String(outcomes.indexOf("written")));
    const counters = range(5).map(() => count(store));
    await Promise.all(counters);
    assert.equal((await documents.read("setting", "counter"))?.json, "5");
  },

  "lists the documents of one kind by name": async (store) => {
    const names = ["b", "a", "B", "\u{1f642}", "\uffff", "a/b", "a.b", "\u00e9", "__proto__"];
    await store.documents.write(names.map((name) => change(name, "1")));
    await store.documents.write([{ ...change("a", "2"), kind: "profile" }]);
    const expected = ["B", "__proto__", "a", "a.b", "a/b", "b", "\u00e9", "\uffff", "\u{1f642}"];
    assert.deepEqual(
      (await store.documents.list("setting")).map(({ name }) => name),
      expected,
    );
    assert.deepEqual(await store.documents.list("nothing"), []);
  },

  "hands out copies of documents": async (store) => {
    await store.documents.write([change("note", "1")]);
    const found = await here(store, "note");
    found.json = "changed";
    for (const document of await store.documents.list("setting")) document.json = "changed";
    assert.equal((await here(store, "note")).json, "1");
  },

  "refuses changes without a name, with half a character, or of one document twice": async (store) => {
    const malformed = [
      [change("", "1")],
      [change("x".repeat(513), "1")],
      [change("\ud83d", "1")],
      [change("a\0b", "1")],
      [{ ...change("a", "1"), kind: "" }],
      [change("a", "1"), change("a", "2")],
    ];
    for (const changes of malformed) await refused(store.documents.write(changes), "bad_request");
    assert.deepEqual(await listed(store), []);
    await store.documents.write([change("x".repeat(512), "1")]);
  },

  "refuses documents past the bounds, and accepts what makes less of them": async (store) => {
    const { documents } = store;
    const longest = `"${"x".repeat(4 * 1024 * 1024 - 2)}"`;
    await refused(documents.write([change("long", `${longest} `)]), "payload_too_large");
    await refused(documents.write(range(1_001).map((index) => change(`${index}`, "1"))), "payload_too_large");
    for (const index of range(16)) await documents.write([change(`${index}`, longest)]);
    await refused(documents.write([change("b", "1"), change("more", "1")]), "payload_too_large");
    const first = await here(store, "0");
    assert.equal(await documents.write([change("0", "1", first.revision), change("more", "1")]), "written");
    assert.equal((await documents.list("setting")).length, 17);
    // Other kinds have room.
    assert.equal(await documents.write([{ ...change("other", longest), kind: "profile" }]), "written");
  },

  "keeps documents when conversations go": async (store) => {
    await store.documents.write([change("note", "1")]);
    await store.remove("aaaaaaaa-0000-4000-8000-000000000001");
    assert.deepEqual(await listed(store), ["note=1"]);
  },
};

function change(name: string, json: string | null, expected: number | null = null): DocumentChange {
  return { kind: "setting", name, json, expected };
}

async function here({ documents }: Store, name: string): Promise<StoredDocument> {
  const found = await documents.read("setting", name);
  assert.ok(found, `there is no document ${name}`);
  return found;
}

async function listed({ documents }: Store): Promise<string[]> {
  return (await documents.list("setting")).map(({ name, json }) => `${name}=${json}`);
}

/** Adds one to a number, again and again until no other writer came between. */
async function count({ documents }: Store): Promise<void> {
  for (;;) {
    const found = await documents.read("setting", "counter");
    const next = change("counter", String(Number(found?.json ?? 0) + 1), found?.revision ?? null);
    if ((await documents.write([next])) === "written") return;
  }
}
