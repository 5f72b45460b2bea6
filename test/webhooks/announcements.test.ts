import type { Store } from "agent-server";
import { say, scriptedLlm } from "agent-server/testing";
import { describe, expect, it, vi } from "vitest";
import { queuesOf } from "./queues-of.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { serverFor } from "./server-for.ts";

// Everything here waits for real requests, on machines that may be busy.
vi.setConfig({ testTimeout: 120_000 });

interface Info {
  id: string;
  execution_status: string;
  title: string | null;
  sub_conversation_ids: string[];
  [field: string]: unknown;
}

const infos = (receiver: Receiver) =>
  receiver.taken.filter(({ path }) => path === "/conversations").map(({ body }) => body as Info);

describe("what a conversation becomes", () => {
  it("is announced when it starts, pauses, is interrupted, changes and is deleted, and in no other case", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver);
    const chat = await server.start();
    const conversation = await server.conversations.open(chat.id);
    await conversation.update({ title: "A name", tags: { team: "blue" } });
    await conversation.pause();
    await conversation.interrupt();
    await chat.send("Hi.");
    await chat.expectFinished();
    const { info } = await server.conversations.fork(chat.id);
    await conversation.navigate(null);
    await server.conversations.delete(chat.id);
    await receiver.until(() =>
      infos(receiver).some(({ execution_status }) => execution_status === "deleting"),
    );
    expect(
      infos(receiver).map(({ id, execution_status, title }) => [id === chat.id, execution_status, title]),
    ).toEqual([
      [true, "idle", null],
      [true, "idle", "A name"],
      [true, "paused", "A name"],
      [true, "paused", "A name"],
      [true, "deleting", "A name"],
    ]);
    expect(infos(receiver).map(({ id }) => id)).not.toContain(info.id);
  });

  it("is announced whole, without secrets and children", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { secretKey: "a secret key" });
    const chat = await server.start(undefined, {
      agent: { llm: { model: "scripted", api_key: "sk-1234567890" } },
      secrets: { TOKEN: { kind: "StaticSecret", value: "tok-1234567890" } },
    });
    await receiver.until(() => infos(receiver).length > 0);
    const [announced] = infos(receiver);
    const shown = await server.conversations.get(chat.id, { includeSkills: true });
    expect(announced).toEqual({ ...JSON.parse(JSON.stringify(shown)), runtime_info: null });
    expect(Object.keys(announced ?? {})).toEqual(Object.keys(shown));
    expect(JSON.stringify(announced)).not.toMatch(/sk-1234567890|tok-1234567890/);
  });

  it("is announced of children, too, whose parents show none", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver, { llm: scriptedLlm([say("Done."), say("Done.")]) });
    const chat = await server.start();
    const child = await server.conversations.startChild(chat.id, { task: "Work.", isolation: "shared" });
    const parent = await server.conversations.open(chat.id);
    await parent.update({ title: "Parent" });
    await receiver.until(() => infos(receiver).length >= 3);
    expect(infos(receiver).map(({ id }) => id)).toContain(child.conversation_id);
    expect(infos(receiver).find(({ title }) => title === "Parent")?.sub_conversation_ids).toEqual([]);
  });

  it("comes in the order of the changes, one request at a time", async () => {
    const receiver = await startReceiver();
    receiver.answer = ({ path }, index) => (path === "/conversations" && index % 2 === 0 ? 500 : 200);
    await using server = await serverFor(receiver);
    const chat = await server.start();
    const conversation = await server.conversations.open(chat.id);
    const titles = ["one", "two", "three", "four", "five"];
    for (const title of titles) await conversation.update({ title });
    await receiver.until(() => infos(receiver).length >= 6);
    expect(infos(receiver).map(({ title }) => title)).toEqual([null, ...titles]);
  });

  it("is not announced for a conversation that does not exist", async () => {
    const receiver = await startReceiver();
    await using server = await serverFor(receiver);
    const id = "00000000-0000-4000-8000-00000000dead";
    await expect(server.conversations.delete(id)).rejects.toMatchObject({ code: "not_found" });
    expect(await queuesOf(server.store)).toEqual([]);
  });

  it("is stored before the request that has changed it is answered", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => 500;
    await using server = await serverFor(receiver, { webhook: { numRetries: 0 } });
    const chat = await server.start();
    const before = await waiting(server.store);
    await (await server.conversations.open(chat.id)).update({ title: "Kept" });
    expect(await waiting(server.store)).toBe(before + 1);
    receiver.answer = () => 200;
  });
});

async function waiting(store: Pick<Store, "outbox">) {
  const queues = await queuesOf(store);
  return queues.find(({ queue }) => queue.includes(":conversations:"))?.count ?? 0;
}
