import { defineTool, type Event, memoryStore, type Store } from "agent-server";
import { call, createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import { mortalStore } from "../../src/testing/mortal-store.ts";
import { Gate } from "../conversations/open-manager.ts";

/**
 * A conversation that is waiting, running, paused behind a running tool, interrupted, finishing and closing in turn.
 * Resolves when it is over or its server is dead.
 */
async function playThrough(store: Store, deployed: string[]): Promise<void> {
  const gates = [new Gate(), new Gate()];
  const deploy = defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({ version: z.string() }),
    run: async ({ version }, { signal }) => {
      deployed.push(version);
      await gates[Number(version) - 1]?.pass(signal);
      return "deployed";
    },
  });
  const steps = ["1", "2", "3"].map((version) => call("deploy", { version }));
  const llm = scriptedLlm([...steps, say("Done.")]);
  const server = await createTestServer({ store, llm, clock, tools: [deploy], leakCheck: false });
  const chat = await server.start("Go.", { confirmation_policy: { kind: "AlwaysConfirm" } });
  const conversation = await server.conversations.open(chat.id);
  const reach = (status: string) =>
    expect.poll(async () => (await server.conversations.get(chat.id)).execution_status).toBe(status);
  await reach("waiting_for_confirmation");
  await conversation.respondToConfirmation({ accept: true });
  await gates[0]?.reached;
  await conversation.pause();
  gates[0]?.open();
  // A run may follow as soon as the paused one has stored the result.
  await conversation.run();
  await reach("waiting_for_confirmation");
  await conversation.run();
  await gates[1]?.reached;
  await conversation.interrupt();
  await conversation.run();
  await reach("waiting_for_confirmation");
  await conversation.respondToConfirmation({ accept: true });
  await reach("finished");
  await server.close();
}

/** One clock for all servers, so that ids do not repeat after a restart. */
const clock = fixedClock();

async function eventsOf(store: Store, id: string): Promise<Event[]> {
  const stored = await store.events.search(id, { order: "asc", limit: 1_000 });
  return stored.map(({ json }) => JSON.parse(json) as Event);
}

function openCalls(events: readonly Event[]): string[] {
  const results = events.filter(({ kind }) => kind !== "ActionEvent");
  const answered = new Set(results.map((event) => (event as { tool_call_id?: string }).tool_call_id));
  return events.flatMap((event) =>
    event.kind === "ActionEvent" && !answered.has(event.tool_call_id) ? [event.tool_call_id] : [],
  );
}

it("a server killed at any commit, in any status, leaves no call open that does not wait, and none runs twice", async () => {
  for (let lifetime = 1; ; lifetime += 1) {
    const disk = memoryStore();
    const mortal = mortalStore(disk, lifetime);
    const deployed: string[] = [];
    await Promise.race([playThrough(mortal.store, deployed), mortal.died]).catch((error: unknown) => {
      if (!mortal.isDead) throw error;
    });
    const [record] = await disk.conversations.search({ sortOrder: "CREATED_AT", limit: 1, documents: [] });
    if (record !== undefined) await checkRestart(disk, record.id, deployed);
    if (!mortal.isDead) {
      expect(lifetime).toBeGreaterThan(20);
      return;
    }
  }
}, 120_000);

async function checkRestart(disk: Store, id: string, deployed: string[]): Promise<void> {
  const before = [...deployed];
  const again = defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({ version: z.string() }),
    run: ({ version }) => {
      deployed.push(version);
      return "deployed";
    },
  });
  const llm = scriptedLlm(() => say("Going on."));
  await using server = await createTestServer({
    store: disk,
    llm,
    clock,
    tools: [again],
    leakCheck: false,
  });
  const isReady = async () => (await server.fetch(new Request("http://localhost/ready"))).status;
  await expect.poll(isReady).toBe(200);

  const { execution_status: status } = await server.conversations.get(id);
  if (status !== "waiting_for_confirmation") expect(openCalls(await eventsOf(disk, id))).toEqual([]);
  const conversation = await server.conversations.open(id);
  if (status === "waiting_for_confirmation") await conversation.run();
  else await conversation.sendMessage("Go on.");
  await expect.poll(async () => (await server.conversations.get(id)).execution_status).toBe("finished");
  expect(openCalls(await eventsOf(disk, id))).toEqual([]);
  const later = deployed.slice(before.length);
  expect(later.filter((version) => before.includes(version))).toEqual([]);
}
