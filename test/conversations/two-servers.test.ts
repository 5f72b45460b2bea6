import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, say } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { Store } from "../../src/stores/store.ts";
import { ToolRegistry } from "../../src/tools/registry.ts";
import { dropSchema, newSchema } from "../postgres/test-postgres.ts";
import { attach, echoTool, Gate, logOf, openManager, send, settled, start, until } from "./open-manager.ts";

describe.each([
  { name: "memoryStore", open: () => memoryStore() },
  { name: "sqliteStore", open: openSqlite },
  { name: "postgresStore", open: openPostgres },
])("two servers over one $name", ({ open }) => {
  /** A run on the first server whose tool waits at the gate. */
  async function runOnFirst() {
    const store = await open();
    onTestFinished(() => store.close());
    const gate = new Gate();
    const first = openManager({
      store,
      tools: new ToolRegistry([echoTool(gate)]),
      steps: [call("echo", { text: "hi" }), say("From the first.")],
    });
    const id = await start(first.manager);
    const socket = await attach(first.manager, id);
    await send(first.manager, id, "go");
    await gate.reached;
    const second = openManager({ store, steps: [say("From the second.")] });
    return { store, gate, first: first.manager, second: second.manager, id, socket };
  }

  it("the second, by starting, neither repairs nor breaks a run of the first", async () => {
    const { gate, first, second, id, socket } = await runOnFirst();
    await second.start();
    expect((await second.get(id)).execution_status).toBe("running");
    gate.open();
    await settled(socket);
    expect((await second.get(id)).execution_status).toBe("finished");
    expect(await second.agentFinalResponse(id)).toBe("From the first.");
    const kinds = (await logOf(first, id)).map(({ kind }) => kind);
    expect(kinds).not.toContain("AgentErrorEvent");
    expect(kinds).toContain("ObservationEvent");
  });

  it("a socket on the second sees what runs on the first", async () => {
    const { gate, first, second, id } = await runOnFirst();
    const watching = await attach(second, id, { resend: "all" });
    expect(watching.story[0]).toBe("full_state(running)");
    gate.open();
    await settled(watching);
    const stored = (await logOf(first, id)).map((event) => event.id);
    const shown = watching.events.filter(({ key }) => key !== "full_state").map((event) => event.id);
    expect(shown).toEqual(stored);
    expect([watching.story.at(-1), second.liveCount]).toEqual(["full_state(finished)", 0]);
    await first.delete(id);
    await until(() => watching.closed !== null);
    expect(watching.closed?.code).toBe(4004);
  });

  it("the second refuses verbs while the first runs, and serves them when that run has ended", async () => {
    const { gate, first, second, id, socket } = await runOnFirst();
    await expect(send(second, id, "me too")).rejects.toMatchObject({
      code: "unavailable",
      detail: expect.stringMatching(/is being run by another server \(node \d+\)\. Try again/),
      headers: { "retry-after": "1" },
    });
    await expect(second.delete(id)).rejects.toMatchObject({ code: "unavailable" });
    gate.open();
    await settled(socket);
    await send(second, id, "now");
    await settled(socket, 2);
    expect(await first.agentFinalResponse(id)).toBe("From the second.");
    expect([first.liveCount, second.liveCount]).toEqual([0, 1]);
  });

  it("an idle conversation moves to the server that is asked, and back", async () => {
    const store = await open();
    onTestFinished(() => store.close());
    const { manager: first } = openManager({ store });
    const { manager: second } = openManager({ store });
    const id = await start(first);
    for (const [turn, manager] of [first, second, first, second].entries()) {
      await (await manager.open(id)).update({ tags: { turn: `${turn}` } });
    }
    expect((await first.get(id)).tags).toEqual({ turn: "3" });
    const log = await store.events.search(id, { order: "asc", limit: 100 });
    expect(log.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect([first.liveCount, second.liveCount]).toEqual([0, 1]);
  });

  it("a server that was presumed dead writes nothing more, and its conversation goes on elsewhere", async () => {
    const { store, gate, first, second, id } = await runOnFirst();
    const owner = await store.ownership.ownerOf(id);
    await store.ownership.leave(owner?.node ?? 0);
    await second.start();
    const repaired = await logOf(second, id);
    expect((await second.get(id)).execution_status).toBe("error");
    gate.open();
    await until(() => first.liveCount === 0);
    expect(await logOf(first, id)).toEqual(repaired);
    await send(second, id, "go on");
    await until(async () => (await second.get(id)).execution_status === "finished");
    expect(await second.agentFinalResponse(id)).toBe("From the second.");
  });

  it("a write that is refused because another server took over is repeated on what that server left", async () => {
    const store = await open();
    onTestFinished(() => store.close());
    const { manager: first } = openManager({ store });
    const { manager: second } = openManager({ store });
    const id = await start(first);
    await (await first.open(id)).update({ title: "First" });
    await store.ownership.leave((await store.ownership.ownerOf(id))?.node ?? 0);
    await (await second.open(id)).update({ tags: { by: "second" } });
    await (await first.open(id)).update({ title: "First again" });
    expect(await second.get(id)).toMatchObject({ title: "First again", tags: { by: "second" } });
  });
});

async function openPostgres(): Promise<Store> {
  const schema = await newSchema();
  onTestFinished(() => dropSchema(schema));
  return postgresStore(schema);
}

function openSqlite(): Store {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-two-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return sqliteStore({ path: join(folder, "server.db") });
}
