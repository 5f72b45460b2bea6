import { call, say } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { HoldGuard } from "../../../src/conversations/live/runs/hold-guard.ts";
import type { LocalOwnership } from "../../../src/stores/local-ownership.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { defineTool } from "../../../src/tools/define-tool.ts";
import { ToolRegistry } from "../../../src/tools/registry.ts";
import { attach, Gate, logOf, openManager, send, start, until, waitFor } from "../open-manager.ts";

/** A store whose nodes are not surely alive while `isSure` is false. */
function doubtfulStore() {
  const store = memoryStore();
  onTestFinished(() => store.close());
  const ownership = store.ownership as LocalOwnership;
  const isHeld = ownership.isHeld.bind(ownership);
  const doubt = { isSure: true };
  ownership.isHeld = (node) => doubt.isSure && isHeld(node);
  return { store, ownership, doubt };
}

it("a node that dies drops its conversations: tools end, nothing more is written or shown", async () => {
  const { store, ownership } = doubtfulStore();
  const gate = new Gate();
  const seen: string[] = [];
  const { manager } = openManager({
    store,
    tools: new ToolRegistry([notedTool(seen, gate)]),
    steps: [call("echo", { text: "hi" }), say("Never said.")],
  });
  const id = await start(manager);
  const socket = await attach(manager, id);
  await send(manager, id, "go");
  await gate.reached;
  const before = await logOf(manager, id);
  const owner = await ownership.ownerOf(id);
  const shown = socket.frames.length;
  await ownership.bury(owner?.node ?? 0);
  await until(() => seen.includes("ended") && manager.liveCount === 0);
  expect(await logOf(manager, id)).toEqual(before);
  expect(socket.frames.length).toBe(shown);
  expect((await manager.get(id)).execution_status).toBe("running");
});

it("a server whose node has died joins again, and repairs what the death cut short", async () => {
  const { store, ownership } = doubtfulStore();
  const gate = new Gate();
  const { manager } = openManager({ store, steps: [waitFor(gate), say("Again.")] });
  const id = await start(manager);
  await send(manager, id, "go");
  await gate.reached;
  const dead = await ownership.ownerOf(id);
  await ownership.bury(dead?.node ?? 0);
  await until(() => manager.liveCount === 0);
  await send(manager, id, "go on");
  await until(async () => (await manager.get(id)).execution_status === "finished");
  const owner = await ownership.ownerOf(id);
  expect(owner?.node).toBeGreaterThan(dead?.node ?? 0);
  expect((await ownership.nodes()).length).toBe(1);
  expect(await manager.agentFinalResponse(id)).toBe("Again.");
});

it("no model is asked while the node may be dead to the others", async () => {
  const { store, doubt } = doubtfulStore();
  const { manager, llm } = openManager({ store, steps: [say("Asked.")] });
  const id = await start(manager);
  doubt.isSure = false;
  await send(manager, id, "go");
  const live = await manager.open(id);
  await expect(Promise.race([live.settled(), pause(300)])).resolves.toBe("still");
  expect(llm.requests.length).toBe(0);
  doubt.isSure = true;
  await live.settled();
  expect([llm.requests.length, await manager.agentFinalResponse(id)]).toEqual([1, "Asked."]);
});

it("no tool is started while the node may be dead to the others", async () => {
  const { store, doubt } = doubtfulStore();
  const seen: string[] = [];
  const asking = () => {
    doubt.isSure = false;
    return call("echo", { text: "hi" });
  };
  const { manager } = openManager({
    store,
    tools: new ToolRegistry([notedTool(seen)]),
    steps: [asking, say("Done.")],
  });
  const id = await start(manager);
  await send(manager, id, "go");
  await until(async () => (await logOf(manager, id)).some(({ kind }) => kind === "ActionEvent"));
  const live = await manager.open(id);
  await expect(Promise.race([live.settled(), pause(300)])).resolves.toBe("still");
  expect(seen).toEqual([]);
  await live.interrupt();
  doubt.isSure = true;
  await live.settled();
  expect([seen, (await manager.get(id)).execution_status]).toEqual([[], "paused"]);
});

it("a guard gives up after a bound, so that a run that no store confirms ends without a write", async () => {
  const given: string[] = [];
  const guard = new HoldGuard({
    isHeld: () => false,
    givenUp: (error) => given.push(error.code),
    maxLooks: 2,
  });
  await expect(guard.pass()).rejects.toMatchObject({ code: "unavailable" });
  expect(given).toEqual(["unavailable"]);
  await expect(guard.pass(AbortSignal.abort(new Error("interrupted")))).rejects.toThrow("interrupted");
});

/** A tool under the name of the echo that notes its starts and ends. */
function notedTool(seen: string[], gate?: Gate) {
  return defineTool({
    name: "echo",
    description: "Says it again.",
    input: z.object({ text: z.string() }),
    run: async ({ text: said }, { signal }) => {
      seen.push("started");
      await gate?.pass(signal).finally(() => seen.push("ended"));
      return said;
    },
  });
}

function pause(milliseconds: number): Promise<string> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, "still"));
}
