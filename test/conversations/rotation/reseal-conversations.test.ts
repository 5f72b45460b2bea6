import { memoryStore, type Store } from "agent-server";
import { expect, it } from "vitest";
import { resealConversations } from "../../../src/conversations/rotation/reseal-conversations.ts";
import { createCipher, createRotatingCipher } from "../../../src/secrets/cipher.ts";

const old = createCipher("old");
const now = createCipher("new");
const lost = createCipher("lost");
const cipher = createRotatingCipher({ secretKey: "new", previousSecretKeys: ["old"] });

const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

async function create(store: Store, index: number, documents: Record<string, string>): Promise<void> {
  const time = `2026-01-01T00:00:00.${String(index).padStart(6, "0")}Z`;
  const header = { createdAt: time, updatedAt: time, status: "idle", title: "kept", parentId: null } as const;
  const create = { ...header, createdBy: null, leafEventId: null };
  await store.commit({ conversationId: idOf(index), create, documents });
}

async function documentOf(store: Store, index: number, name: string) {
  const [record] = await store.conversations.find([idOf(index)], [name]);
  return record?.documents[name];
}

it("every page of conversations is sealed again, and nothing else of them changes", async () => {
  const store = memoryStore();
  for (let index = 0; index < 120; index += 1) {
    const agent = JSON.stringify({ llm: { model: "m", api_key: old.encrypt(`sk-${index}`) } });
    await create(store, index, { agent, shown_agent: '{"as":"it is"}', stats: "{}" });
  }
  const seen: number[] = [];
  const report = await resealConversations(store, { cipher, onProgress: (count) => seen.push(count) });
  expect([report.seen, report.written, report.renewed, seen]).toEqual([120, 120, 120, [50, 100, 120]]);
  for (const index of [0, 49, 50, 51, 119]) {
    const { llm } = JSON.parse((await documentOf(store, index, "agent")) ?? "null");
    expect([llm.model, now.decrypt(llm.api_key)]).toEqual(["m", `sk-${index}`]);
  }
  const [record] = await store.conversations.find([idOf(0)], ["shown_agent"]);
  expect(record).toMatchObject({
    title: "kept",
    updatedAt: "2026-01-01T00:00:00.000000Z",
    documents: { shown_agent: '{"as":"it is"}' },
  });
  expect((await resealConversations(store, { cipher })).written).toBe(0);
});

it("secrets named like fields are sealed as secrets, and what was never kept stays unkept", async () => {
  const store = memoryStore();
  const secrets = {
    params: { kind: "StaticSecret", value: old.encrypt("hush"), description: "gAAAAA is shown" },
    tags: { kind: "LookupSecret", url: "/x", headers: { Authorization: old.encrypt("key"), Accept: "text" } },
    UNKEPT: { kind: "StaticSecret", value: "**********", description: null },
  };
  await create(store, 1, { secrets: JSON.stringify(secrets) });
  await resealConversations(store, { cipher });
  const { params, tags, UNKEPT } = JSON.parse((await documentOf(store, 1, "secrets")) ?? "null");
  expect(now.decrypt(params.value)).toBe("hush");
  expect(params.description).toBe("gAAAAA is shown");
  expect([now.decrypt(tags.headers.Authorization), tags.headers.Accept]).toEqual(["key", "text"]);
  expect(UNKEPT).toEqual(secrets.UNKEPT);
});

it("damage and tokens of unknown keys stay byte for byte, and the others of the conversation are sealed", async () => {
  const store = memoryStore();
  const state = `{"half": "${old.encrypt("x")}`;
  const agent = JSON.stringify({
    llm: { api_key: lost.encrypt("sk"), aws_session_token: old.encrypt("aws") },
  });
  await create(store, 1, { agent, state });
  const report = await resealConversations(store, { cipher });
  expect(report).toMatchObject({
    written: 1,
    renewed: 1,
    unreadable: 1,
    unreadableIn: [`conversation ${idOf(1)}`],
  });
  expect(await documentOf(store, 1, "state")).toBe(state);
  const { llm } = JSON.parse((await documentOf(store, 1, "agent")) ?? "null");
  expect(llm.api_key).toBe(JSON.parse(agent).llm.api_key);
  expect(now.decrypt(llm.aws_session_token)).toBe("aws");
});
