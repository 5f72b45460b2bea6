import { memoryStore, type Store } from "agent-server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { silentLogger } from "../../../src/logger.ts";
import { createRotatingCipher } from "../../../src/secrets/cipher.ts";
import { defineCollection } from "../../../src/settings/documents/collection.ts";
import { Documents } from "../../../src/settings/documents/documents.ts";

const profile = z.object({
  model: z.string(),
  api_key: z.string().nullable().default(null),
  mcp_config: z.record(z.string(), z.looseObject({})).default({}),
});
const PROFILES = defineCollection({ kind: "llm-profile", label: "LLM profile", schema: profile });
const NOTES = defineCollection({
  kind: "workspaces",
  label: "note",
  schema: z.object({ count: z.number() }),
  migrate: (json) => {
    const { version, count } = json as { version?: number; count: unknown };
    if (version === 9) throw new Error("it is of version 9");
    return { count: Number(count) };
  },
});

function open(
  store: Store,
  secretKey?: string,
  { previous = [], warnings = [] }: { previous?: string[]; warnings?: object[] } = {},
) {
  const cipher =
    secretKey === undefined ? undefined : createRotatingCipher({ secretKey, previousSecretKeys: previous });
  const logger = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  return new Documents({ store: store.documents, cipher, logger });
}

const FIRST = { model: "m", api_key: "sk-first", mcp_config: { git: { env: { TOKEN: "tok-1" } } } };

async function textOf(store: Store, kind = "llm-profile", name = "first"): Promise<string> {
  return (await store.documents.read(kind, name))?.json ?? "";
}

describe("secrets of documents", () => {
  it("are sealed in the store and in clear above it", async () => {
    const store = memoryStore();
    const documents = open(store, "key");
    await documents.update(PROFILES, "first", () => FIRST);
    const json = await textOf(store);
    expect(json).not.toMatch(/sk-first|tok-1/);
    expect(JSON.parse(json)).toMatchObject({ model: "m", api_key: expect.stringMatching(/^gAAAAA/) });
    expect(await documents.read(PROFILES, "first")).toEqual({
      name: "first",
      damage: null,
      value: FIRST,
      lost: [],
    });
  });

  it("are in clear in the store without a key, and sealed by the next write with one", async () => {
    const store = memoryStore();
    await open(store).update(PROFILES, "first", () => FIRST);
    expect(await textOf(store)).toContain("sk-first");
    const withKey = open(store, "key");
    expect(await withKey.read(PROFILES, "first")).toMatchObject({ value: FIRST, lost: [] });
    await withKey.update(PROFILES, "first", () => ({ ...FIRST, model: "n" }));
    expect(await textOf(store)).not.toMatch(/sk-first|tok-1/);
  });

  it("that another key sealed are null, and stay byte for byte through every write", async () => {
    const store = memoryStore();
    await open(store, "right").update(PROFILES, "first", () => FIRST);
    const before = JSON.parse(await textOf(store));
    const warnings: object[] = [];
    const wrong = open(store, "wrong", { warnings });
    const found = await wrong.read(PROFILES, "first");
    expect(found).toMatchObject({
      value: { model: "m", api_key: null, mcp_config: { git: { env: {} } } },
      lost: ["/api_key", "/mcp_config/git/env/TOKEN"],
    });
    await wrong.read(PROFILES, "first");
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings)).not.toContain("gAAAAA");
    for (const model of ["a", "b"]) {
      await wrong.update(PROFILES, "first", (current) => ({ ...(current?.value ?? FIRST), model }));
    }
    expect(JSON.parse(await textOf(store))).toEqual({ ...before, model: "b" });
    expect(await open(store, "right").read(PROFILES, "first")).toMatchObject({
      value: { ...FIRST, model: "b" },
      lost: [],
    });
  });

  it("that another key sealed give way to a value that is set", async () => {
    const store = memoryStore();
    await open(store, "right").update(PROFILES, "first", () => FIRST);
    const wrong = open(store, "wrong");
    await wrong.update(PROFILES, "first", (current) => ({ ...(current?.value ?? FIRST), api_key: "sk-new" }));
    const found = await open(store, "right", { previous: ["wrong"] }).read(PROFILES, "first");
    expect(found?.value).toEqual({ ...FIRST, api_key: "sk-new" });
  });

  it("move with a document to its new name, also those that no key opens", async () => {
    const store = memoryStore();
    await open(store, "right").update(PROFILES, "first", () => FIRST);
    await open(store, "wrong").edit(async (edit) => {
      const found = await edit.read(PROFILES, "first");
      await edit.put(PROFILES, "second", found?.value ?? FIRST, { former: "first" });
      await edit.remove(PROFILES, "first");
    });
    const right = open(store, "right");
    expect((await right.list(PROFILES)).map(({ name, value }) => [name, value])).toEqual([["second", FIRST]]);
  });

  it("may look like tokens themselves", async () => {
    const store = memoryStore();
    const documents = open(store, "key");
    const api_key = "gAAAAABnot-a-token-of-this-key";
    await documents.update(PROFILES, "first", () => ({ ...FIRST, api_key }));
    expect(await documents.read(PROFILES, "first")).toMatchObject({ value: { api_key }, lost: [] });
  });

  it("sealed with an earlier key are read, and sealed with today's by the next write", async () => {
    const store = memoryStore();
    await open(store, "old").update(PROFILES, "first", () => FIRST);
    const both = open(store, "new", { previous: ["older", "old"] });
    expect(await both.read(PROFILES, "first")).toMatchObject({ value: FIRST, lost: [] });
    await both.update(PROFILES, "first", (current) => current?.value ?? null);
    expect(await open(store, "new").read(PROFILES, "first")).toMatchObject({ value: FIRST, lost: [] });
  });
});

describe("a damaged document", () => {
  it.each([
    ["that is not JSON", '{"model": "m", "api_key": "sk-secret', "it is not JSON"],
    ["of another form", '{"model": 3, "api_key": "sk-secret"}', "it is not of today's form at model"],
    ["that is no object", "[1]", "it is not of today's form at the whole"],
  ])("%s costs only itself, and its text is kept out of every message", async (_, json, damage) => {
    const store = memoryStore();
    const warnings: object[] = [];
    const documents = open(store, "key", { warnings });
    await store.documents.write([{ kind: "llm-profile", name: "first", json, expected: null }]);
    await documents.update(PROFILES, "second", () => FIRST);
    expect(await documents.list(PROFILES)).toEqual([
      { name: "first", damage, value: null, lost: [] },
      { name: "second", damage: null, value: FIRST, lost: [] },
    ]);
    expect(JSON.stringify(warnings)).not.toContain("sk-secret");
  });

  it("is not written over, but can be removed", async () => {
    const store = memoryStore();
    const documents = open(store);
    await store.documents.write([{ kind: "llm-profile", name: "first", json: "{", expected: null }]);
    await expect(documents.update(PROFILES, "first", () => FIRST)).rejects.toMatchObject({
      code: "conflict",
      detail: "The stored LLM profile 'first' is damaged and was left as it is",
    });
    expect(await textOf(store)).toBe("{");
    await documents.update(PROFILES, "first", () => null);
    expect(await documents.read(PROFILES, "first")).toBeNull();
  });

  it("is one that a migration refuses; what it accepts is written in today's form", async () => {
    const store = memoryStore();
    const documents = open(store);
    const write = (name: string, json: string) =>
      store.documents.write([{ kind: "workspaces", name, json, expected: null }]);
    await write("old", '{"version":1,"count":"7"}');
    await write("new", '{"version":9}');
    expect(await documents.read(NOTES, "old")).toMatchObject({ value: { count: 7 } });
    expect(await documents.read(NOTES, "new")).toMatchObject({ damage: "it is of version 9" });
    await documents.update(NOTES, "old", (current) => current?.value ?? null);
    expect(await textOf(store, "workspaces", "old")).toBe('{"count":7}');
  });
});

describe("edits", () => {
  const increment = (documents: Documents, name = "n") =>
    documents.update(NOTES, name, (current) => ({ count: (current?.value?.count ?? 0) + 1 }));

  it("of many callers and several servers at the same moment are all made", async () => {
    const store = memoryStore();
    const servers = [open(store), open(store), open(store)];
    await Promise.all(servers.flatMap((server) => [...Array(20)].map(() => increment(server))));
    expect(await servers[0]?.read(NOTES, "n")).toMatchObject({ value: { count: 60 } });
  });

  it("change several documents together, or none when the work fails", async () => {
    const store = memoryStore();
    const documents = open(store);
    await documents.edit(async (edit) => {
      await edit.put(NOTES, "a", { count: 1 });
      await edit.put(NOTES, "b", { count: 1 });
    });
    const failing = documents.edit(async (edit) => {
      await edit.put(NOTES, "a", { count: 2 });
      await edit.remove(NOTES, "b");
      throw new Error("not now");
    });
    await expect(failing).rejects.toThrow("not now");
    expect((await documents.list(NOTES)).map(({ value }) => value)).toEqual([{ count: 1 }, { count: 1 }]);
    expect(await increment(documents, "a")).toEqual({ count: 2 });
  });

  it("begin again when what they touched was changed by another server", async () => {
    const store = memoryStore();
    const [first, second] = [open(store), open(store)];
    await increment(second);
    let tries = 0;
    const seen = await first.edit(async (edit) => {
      const found = await edit.read(NOTES, "n");
      await edit.touch(NOTES, "n");
      await edit.put(NOTES, "other", { count: 1 });
      tries += 1;
      if (tries === 1) await increment(second);
      return found?.value?.count;
    });
    expect([seen, tries]).toEqual([2, 2]);
    expect(await second.read(NOTES, "n")).toMatchObject({ value: { count: 2 } });
  });

  it("that are overtaken each time are given up, and later ones go on", async () => {
    const store = memoryStore();
    const [first, second] = [open(store), open(store)];
    const overtaken = first.edit(async (edit) => {
      await edit.put(NOTES, "n", { count: 0 });
      await increment(second);
    });
    await expect(overtaken).rejects.toMatchObject({ code: "unavailable" });
    expect((await first.read(NOTES, "n"))?.value?.count).toBeGreaterThan(10);
    await increment(first);
  });

  it("that would wait behind a thousand others are refused", async () => {
    const documents = open(memoryStore());
    const outcomes = await Promise.allSettled([...Array(1_010)].map(() => increment(documents)));
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(10);
    expect(await increment(documents)).toEqual({ count: 1_001 });
  });
});
