import { defineTool, type Event, type Llm, memoryStore, type Store } from "agent-server";
import { call, createTestServer, fixedClock, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import { mortalStore } from "../../src/testing/mortal-store.ts";
import type { GoalStatus } from "../../src/wire/asides/goal.ts";

/** One clock for all servers, so that ids do not repeat after a restart. */
const clock = fixedClock();

const NOT_DONE = JSON.stringify({ score: 0.5, complete: false, missing: "A test." });
const DONE = JSON.stringify({ score: 1, complete: true, missing: "" });

/** The judge is the model without tools. */
function model(agent: Llm, verdicts: readonly string[]): Llm {
  const judge = scriptedLlm(verdicts.map((verdict) => say(verdict)));
  return { complete: (request) => (request.tools.length > 0 ? agent : judge).complete(request) };
}

function deploy(deployed: string[]) {
  return defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({ version: z.string() }),
    run: ({ version }) => {
      deployed.push(version);
      return "deployed";
    },
  });
}

async function playGoal(store: Store, deployed: string[]): Promise<void> {
  const agent = scriptedLlm([call("deploy", { version: "1" }), say("One."), say("Two.")]);
  const llm = model(agent, [NOT_DONE, DONE]);
  const server = await createTestServer({ store, llm, clock, tools: [deploy(deployed)], leakCheck: false });
  const chat = await server.start();
  await (await server.conversations.open(chat.id)).startGoal("Deploy it.", { maxIterations: 3 });
  await expect.poll(async () => (await goalsOf(store, chat.id)).at(-1)?.status).toBe("complete");
  await server.close();
}

async function eventsOf(store: Store, id: string): Promise<Event[]> {
  const stored = await store.events.search(id, { order: "asc", limit: 1_000 });
  return stored.map(({ json }) => JSON.parse(json) as Event);
}

async function goalsOf(store: Store, id: string): Promise<GoalStatus[]> {
  const events = await eventsOf(store, id);
  return events.flatMap((event) =>
    event.kind === "ConversationStateUpdateEvent" && event.key === "goal" ? [event.value as GoalStatus] : [],
  );
}

it("a goal whose server is killed at any commit shows as interrupted after the start, and goes on from there", async () => {
  const ends = new Set<string>();
  for (let lifetime = 1; ; lifetime += 1) {
    const disk = memoryStore();
    const mortal = mortalStore(disk, lifetime);
    const deployed: string[] = [];
    await Promise.race([playGoal(mortal.store, deployed), mortal.died]).catch((error: unknown) => {
      if (!mortal.isDead) throw error;
    });
    const [record] = await disk.conversations.search({ sortOrder: "CREATED_AT", limit: 1, documents: [] });
    if (record !== undefined) ends.add(await checkRestart(disk, record.id, deployed));
    if (!mortal.isDead) {
      expect(lifetime).toBeGreaterThan(12);
      expect([...ends].sort()).toEqual(["complete 2", "interrupted 0", "interrupted 1", "none"]);
      return;
    }
  }
}, 120_000);

/** Returns how the goal had ended when the server was there again. */
async function checkRestart(disk: Store, id: string, deployed: string[]): Promise<string> {
  const before = await eventsOf(disk, id);
  const agent = scriptedLlm(() => say("Going on."));
  const again: string[] = [];
  await using server = await createTestServer({
    store: disk,
    llm: model(agent, [DONE]),
    clock,
    tools: [deploy(again)],
    leakCheck: false,
  });
  await expect.poll(async () => (await server.fetch(new Request("http://localhost/ready"))).status).toBe(200);
  const goals = await goalsOf(disk, id);
  const last = goals.at(-1);
  expect((await eventsOf(disk, id)).slice(0, before.length)).toEqual(before);
  expect(await disk.documents.list("active-goal")).toEqual([]);
  if (last === undefined) return "none";
  expect(last.active).toBe(false);
  expect(goals.filter(({ active }) => !active)).toHaveLength(1);
  if (last.status !== "complete") {
    await (await server.conversations.open(id)).resumeGoal();
    await expect.poll(async () => (await goalsOf(disk, id)).at(-1)?.status).toBe("complete");
    expect(again.filter((version) => deployed.includes(version))).toEqual([]);
  }
  return `${last.status} ${last.iteration}`;
}
