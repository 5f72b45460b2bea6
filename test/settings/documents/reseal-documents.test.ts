import { memoryStore, type Store } from "agent-server";
import { expect, it } from "vitest";
import { createCipher, createRotatingCipher } from "../../../src/secrets/cipher.ts";
import { resealDocuments } from "../../../src/settings/documents/reseal-documents.ts";
import { mortalStore } from "../../../src/testing/mortal-store.ts";
import { openServer } from "../../routes/settings/open-server.ts";

const [old, now, lost] = ["old", "new", "lost"].map((key) => createCipher(key)) as [Cipher, Cipher, Cipher];
type Cipher = ReturnType<typeof createCipher>;
const rotating = createRotatingCipher({ secretKey: "new", previousSecretKeys: ["older", "old"] });

async function keep(store: Store, kind: string, name: string, value: unknown): Promise<string> {
  const json = typeof value === "string" ? value : JSON.stringify(value);
  await store.documents.write([{ kind, name, json, expected: null }]);
  return json;
}

async function kept(store: Store, kind: string, name: string) {
  return JSON.parse((await store.documents.read(kind, name))?.json ?? "null");
}

it("secrets of earlier keys and in clear are of today's key afterwards, all others stay byte for byte", async () => {
  const store = memoryStore();
  const mcp_config = { git: { env: { TOKEN: old.encrypt("tok") }, headers: { Auth: "in clear" } } };
  await keep(store, "settings", "settings", {
    agent_settings: { llm: { api_key: old.encrypt("sk") }, mcp_config },
  });
  await keep(store, "secret", "A", { custom_secrets: { A: { name: "A", secret: old.encrypt("hush") } } });
  const current = await keep(store, "llm-profile", "current", { api_key: now.encrypt("sk"), more: [1] });
  const unreadable = await keep(store, "llm-profile", "foreign", { api_key: lost.encrypt("sk") });
  const damaged = await keep(store, "llm-profile", "damaged", `{"api_key": "${old.encrypt("sk")}`);

  const report = await resealDocuments(store.documents, { cipher: rotating });
  expect(report).toEqual({
    seen: 5,
    written: 2,
    renewed: 4,
    unreadable: 1,
    unreadableIn: ["llm-profile foreign"],
  });
  const { agent_settings } = await kept(store, "settings", "settings");
  const { env, headers } = agent_settings.mcp_config.git;
  expect([agent_settings.llm.api_key, env.TOKEN, headers.Auth].map(now.decrypt)).toEqual([
    "sk",
    "tok",
    "in clear",
  ]);
  expect(now.decrypt((await kept(store, "secret", "A")).custom_secrets.A.secret)).toBe("hush");
  for (const [name, json] of Object.entries({ current, foreign: unreadable, damaged })) {
    expect((await store.documents.read("llm-profile", name))?.json).toBe(json);
  }
  const again = await resealDocuments(store.documents, { cipher: rotating });
  expect([again.written, again.renewed]).toEqual([0, 0]);
});

it("secrets that no key opens are dropped when that is asked for", async () => {
  const store = memoryStore();
  const mcp_config = { git: { env: { TOKEN: lost.encrypt("tok"), OTHER: now.encrypt("o") } } };
  await keep(store, "llm-profile", "foreign", { api_key: lost.encrypt("sk"), mcp_config });
  await resealDocuments(store.documents, { cipher: rotating, forgetUnreadable: true });
  const profile = await kept(store, "llm-profile", "foreign");
  expect([profile.api_key, Object.keys(profile.mcp_config.git.env)]).toEqual([null, ["OTHER"]]);
});

it("a document that another writer changes meanwhile keeps that change", async () => {
  const store = memoryStore();
  await keep(store, "llm-profile", "p", { api_key: old.encrypt("sk"), model: "a" });
  let isFirst = true;
  const documents: Store["documents"] = {
    list: (kind) => store.documents.list(kind),
    read: (kind, name) => store.documents.read(kind, name),
    write: async (changes) => {
      const stored = await store.documents.read("llm-profile", "p");
      if (isFirst && stored !== null) {
        isFirst = false;
        const json = JSON.stringify({ api_key: old.encrypt("sk-2"), model: "b" });
        await store.documents.write([{ ...stored, json, expected: stored.revision }]);
      }
      return store.documents.write(changes);
    },
  };
  await resealDocuments(documents, { cipher: rotating });
  const { api_key, model } = await kept(store, "llm-profile", "p");
  expect([now.decrypt(api_key), model]).toEqual(["sk-2", "b"]);
});

it("a server with earlier keys seals what is kept with its own at start", async () => {
  const store = memoryStore();
  const open = (secretKey: string, previousSecretKeys: string[] = []) =>
    openServer({ store: mortalStore(store, Number.POSITIVE_INFINITY).store, secretKey, previousSecretKeys });
  await open("old")("PUT", "/api/settings/secrets", { name: "A", value: "hush" });
  const ask = open("new", ["old"]);
  await expect
    .poll(async () => now.decrypt((await kept(store, "secret", "A")).custom_secrets.A.secret))
    .toBe("hush");
  expect((await ask("GET", "/api/settings/secrets/A")).body).toBe("hush");
  expect((await open("new")("GET", "/api/settings/secrets/A")).body).toBe("hush");
});
