import { call, say, scriptedLlm } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import { memoryStore } from "../../../src/stores/memory.ts";
import { NodeSeat } from "../../../src/stores/nodes/node-seat.ts";
import type { Store } from "../../../src/stores/store.ts";
import { mortalStore } from "../../../src/testing/mortal-store.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import { logOf, openManager, send, start, until } from "../../conversations/open-manager.ts";

const ANSWERS = ["ObservationEvent", "AgentErrorEvent"];

it("a crash at any commit of a run and at any of its takeover leaves one that a third node ends, no call run twice", async () => {
  let passes = 0;
  for (let ofRun = 1; ; ofRun += 1) {
    for (let ofTakeover = 1; ; ofTakeover += 1) {
      const { first, second } = await play(ofRun, ofTakeover);
      passes += 1;
      if (!first) return expect(passes).toBeGreaterThan(20);
      if (!second) break;
    }
  }
}, 300_000);

/** Kills the first node after so many commits, and the one that takes over as well. Says which of them have died. */
async function play(ofRun: number, ofTakeover: number): Promise<{ first: boolean; second: boolean }> {
  const disk = memoryStore();
  const ran: string[] = [];
  const id = await start(openNode(disk, ran).manager);
  const first = mortalStore(disk, ofRun);
  const one = openNode(first.store, ran);
  await send(one.manager, id, "go").catch(() => undefined);
  await until(async () => first.isDead || (await statusOn(disk, id)) === "finished");
  const second = mortalStore(disk, ofTakeover);
  const other = openNode(second.store, ran);
  await other.takeOver().catch(() => undefined);
  await until(async () => second.isDead || (await statusOn(disk, id)) !== "running");
  const last = openNode(disk, ran);
  await last.takeOver();
  await until(async () => (await statusOn(disk, id)) !== "running");
  // A message that was stored before its run began waits for one.
  if ((await statusOn(disk, id)) === "idle") await send(last.manager, id, "go on");
  await until(async () => (await statusOn(disk, id)) === "finished");
  await check(disk, id, ran);
  await Promise.all([one, other, last].map(({ manager }) => manager.close().catch(() => undefined)));
  await disk.close();
  return { first: first.isDead, second: second.isDead };
}

function openNode(store: Store, ran: string[]) {
  const seat = new NodeSeat(store.ownership);
  const steps = [call("echo", { text: "one" }), call("echo", { text: "two" }), say("Done.")];
  const llm = scriptedLlm(steps, { position: "prompt" });
  const { manager } = openManager({
    ...{ store, seat, adopts: true, cutRuns: "continue", drainWait: 0 },
    createLlm: () => llm,
    tools: new ToolRegistry([noteTool(ran)]),
  });
  const takeOver = async () => {
    const adopted = await seat.adopt(10);
    await Promise.all(adopted.map((one) => manager.takeOver(one)));
  };
  return { manager, takeOver };
}

function noteTool(ran: string[]) {
  return defineTool({
    name: "echo",
    description: "Takes note.",
    input: z.object({ text: z.string() }),
    run: async ({ text }, { toolCallId }) => {
      ran.push(toolCallId);
      return text;
    },
  });
}

async function statusOn(disk: Store, id: string): Promise<string | undefined> {
  return (await disk.conversations.find([id], []))[0]?.status;
}

async function check(disk: Store, id: string, ran: readonly string[]): Promise<void> {
  const log = await logOf(openManager({ store: disk }).manager, id);
  const calls = log.filter(({ kind }) => kind === "ActionEvent").map((event) => event.tool_call_id);
  const answered = log.filter(({ kind }) => ANSWERS.includes(kind)).map((event) => event.tool_call_id);
  expect(new Set(ran).size).toBe(ran.length);
  expect(answered.toSorted()).toEqual(calls.toSorted());
  expect(new Set(calls).size).toBe(calls.length);
  const places = (await disk.events.search(id, { order: "asc", limit: 1_000 })).map(({ seq }) => seq);
  expect(places).toEqual(places.map((_, index) => index));
}
