import { describe, expect, it } from "vitest";
import { LIVE_DOCUMENTS } from "../../../src/conversations/record/conversation-documents.ts";
import { STATE_FIELDS, STATE_KEYS, type StateKey } from "../../../src/conversations/record/state-fields.ts";
import { conversationInfo } from "../../../src/wire/conversation.ts";
import { attach, openManager, start } from "../open-manager.ts";

const request = {
  tags: { team: "x" },
  max_iterations: 7,
  confirmation_policy: { kind: "AlwaysConfirm" },
  security_analyzer: { kind: "LLMSecurityAnalyzer" },
};

async function open() {
  const { manager, store } = openManager();
  const id = await start(manager, request);
  const [record] = await store.conversations.find([id], LIVE_DOCUMENTS);
  const documents = Object.fromEntries(
    Object.entries(record?.documents ?? {}).map(([name, json]) => [name, JSON.parse(json)]),
  );
  const socket = await attach(manager, id);
  const fullState = socket.events[0]?.value as Record<string, unknown>;
  return { manager, store, id, documents, fullState, info: await manager.get(id) };
}

describe("every field of the table", () => {
  it.each(STATE_KEYS)("%s is stored where the table says, and shown", async (key) => {
    const { documents, fullState, info } = await open();
    const { home } = STATE_FIELDS[key];
    if (home === "config" || home === "state") expect(documents[home]).toHaveProperty(key);
    if (home === "agent" || home === "secrets" || home === "stats") expect(documents).toHaveProperty(home);
    // Null values are left out of the full state.
    if (isNullAtFirst(key)) expect(fullState).not.toHaveProperty(key);
    else expect(fullState).toHaveProperty(key);
    expect(key in info).toBe(key in conversationInfo.shape);
  });

  it("has the value of the start request, or one that is empty", async () => {
    const { info, fullState } = await open();
    expect(info).toMatchObject(request);
    expect(fullState).toMatchObject({ ...request, activated_path_rules: [], head_is_empty: false });
  });

  it("has its empty value in conversations that were stored before the field came", async () => {
    const { manager, store, id, documents } = await open();
    const { blocked_actions: _, head_is_empty: __, ...older } = documents.state;
    await store.commit({ conversationId: id, documents: { state: JSON.stringify(older) } });
    const again = await attach(manager, id);
    expect(again.events[0]?.value).toMatchObject({ blocked_actions: {}, head_is_empty: false });
    expect((await manager.get(id)).blocked_actions).toEqual({});
  });
});

it("an info has the keys of its schema, in its order", async () => {
  const { info } = await open();
  expect(Object.keys(info)).toEqual(Object.keys(conversationInfo.shape));
});

function isNullAtFirst(key: StateKey): boolean {
  return ["last_user_message_id", "leaf_event_id", "hook_config"].includes(key);
}
