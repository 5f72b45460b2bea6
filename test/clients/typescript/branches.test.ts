import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import { Conversation, ConversationClient, Workspace } from "./client.ts";

let bed: TestBed;

beforeAll(async () => {
  bed = await openTestBed();
});

afterAll(() => bed[Symbol.asyncDispose]());

const access = () => ({ host: bed.url, apiKey: bed.key });
const client = () => new ConversationClient(access());
const statusOf = (error: unknown) => (error as { status?: number }).status;

function agent() {
  const llm = { model: "openai/scripted", base_url: bed.modelUrl, api_key: "key", usage_id: "agent" };
  return { kind: "Agent", llm, tools: [] };
}

/** A conversation in which the agent has answered two messages, with the ids of the four. */
async function talked() {
  const { id } = await client().createConversation({
    agent: agent(),
    workspace: { type: "local", working_dir: join(bed.folder, `work-${randomUUID()}`) },
  });
  for (const words of ["first", "second"]) await talk(id, words);
  return { id, said: await messagesOf(id) };
}

async function talk(id: string, words: string): Promise<void> {
  const { length } = await messagesOf(id);
  await client().sendEvent(id, {
    role: "user",
    content: [{ type: "text", text: words }],
    run: true,
  } as never);
  await expect
    .poll(
      async () => [(await messagesOf(id)).length, (await client().getConversation(id)).execution_status],
      { timeout: 30_000 },
    )
    .toEqual([length + 2, "finished"]);
}

async function messagesOf(id: string): Promise<{ id: string; parent_id?: string }[]> {
  const { items } = await client().searchEvents(id, { kind: "MessageEvent" } as never);
  return items as never;
}

describe("branches of a conversation", () => {
  it("are gone to and left, and the state shows HEAD", async () => {
    const { id, said } = await talked();
    const [first, , , last] = said;
    const leafAfter = async (event_id: string | null) =>
      (await client().navigateConversation(id, { event_id })).leaf_event_id;
    expect(await leafAfter(first?.id ?? "")).toBe(first?.id);
    expect(await leafAfter(null)).toBeNull();
    expect(await leafAfter(last?.id ?? "")).toBe(last?.id);
    const [found] = await client().getConversations([id]);
    expect(found?.leaf_event_id).toBe(last?.id);
  });

  it("begin with the next message", async () => {
    const { id, said } = await talked();
    await client().navigateConversation(id, { event_id: said[1]?.id ?? "" });
    await talk(id, "otherwise");
    expect((await messagesOf(id))[4]?.parent_id).toBe(said[1]?.id);
  });

  it("are not of unknown events and conversations", async () => {
    const { id } = await talked();
    const unknown = await client()
      .navigateConversation(id, { event_id: "nowhere" })
      .catch((error: unknown) => error);
    const nobody = await client()
      .navigateConversation(randomUUID(), { event_id: null })
      .catch((error: unknown) => error);
    expect([statusOf(unknown), statusOf(nobody)]).toEqual([404, 404]);
  });
});

describe("forks of a conversation", () => {
  it("have its events, and an id and a title of their own", async () => {
    const { id, said } = await talked();
    const fork = await client().forkConversation(id, { id: randomUUID(), title: "Fork" });
    expect(fork).toMatchObject({ title: "Fork", forked_from_conversation_id: id, execution_status: "idle" });
    expect((await messagesOf(fork.id)).map((event) => event.id)).toEqual(said.map((event) => event.id));
  });

  it("end with the event that is named", async () => {
    const { id, said } = await talked();
    const fork = await client().forkConversation(id, { from_event_id: said[1]?.id } as object);
    expect(await messagesOf(fork.id)).toHaveLength(2);
    expect(fork.leaf_event_id).toBe(said[1]?.id);
  });

  it("are conversations of the client, which go on", async () => {
    const { id } = await talked();
    const workspace = new Workspace({ ...access(), workingDir: join(bed.folder, "unused") });
    const conversation = new Conversation(agent(), workspace, { conversationId: id });
    await conversation.start({});
    const fork = await conversation.fork();
    await talk(fork.id, "in the fork");
    expect((await client().getAgentFinalResponse(fork.id)).response).toBe("You said: in the fork");
    await conversation.navigateTo(null);
    expect((await client().getConversation(id)).leaf_event_id).toBeNull();
    await Promise.all([conversation.close(), fork.close()]);
  });

  it("are refused where the id is taken", async () => {
    const { id } = await talked();
    const taken = await client()
      .forkConversation(id, { id })
      .catch((error: unknown) => error);
    expect(statusOf(taken)).toBe(409);
  });
});
