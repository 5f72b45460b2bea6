import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { LocalOwnership } from "../../src/stores/local-ownership.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { NodeSeat } from "../../src/stores/nodes/node-seat.ts";
import type { Store } from "../../src/stores/store.ts";
import { until } from "../conversations/open-manager.ts";
import { type BashBenchOptions, openBash } from "./open-bash.ts";

/** A place whose life can be in doubt. */
class DoubtfulSeat extends NodeSeat {
  isDoubtful = false;
  /** How often it was in doubt when it was asked. */
  doubts = 0;
  override isHeld(node: number): boolean {
    if (this.isDoubtful) this.doubts += 1;
    return !this.isDoubtful && super.isHeld(node);
  }
}

/** One of several servers on a store. */
async function openServer(store: Store, options: BashBenchOptions = {}) {
  const seat = new DoubtfulSeat(store.ownership);
  onTestFinished(() => seat.leave());
  const bench = await openBash({ store, seat, ...options });
  const die = async () => (store.ownership as LocalOwnership).bury(await seat.node());
  return { ...bench, seat, die };
}

const UNTIL_GO = "echo begun > begun; while [ ! -e go ]; do sleep 0.01; done; echo gone";
const CUT_SHORT = { exit_code: -1, stderr: expect.stringContaining("has ended") };

async function outputsOf({ bash }: Awaited<ReturnType<typeof openServer>>, commandId: string) {
  return (await bash.search(null, { commandId })).items.filter(({ kind }) => kind === "BashOutput");
}

it("ends the command of a server that has died once, however many servers look at one moment", async () => {
  const store = memoryStore();
  const dead = await openServer(store);
  const others = await Promise.all([1, 2, 3].map(() => openServer(store)));
  const { id } = await dead.start(UNTIL_GO);
  await until(() => existsSync(join(dead.folder, "begun")));
  await dead.die();
  await Promise.all([...others, ...others].map(({ bash }) => bash.endAbandoned()));
  await until(() => dead.bash.runningCount === 0);
  expect(await outputsOf(dead, id)).toMatchObject([{ order: 0, ...CUT_SHORT }]);
  expect(await store.bashEvents.unfinished()).toEqual([]);
});

it("stores nothing more of a command once others count its server as dead, and ends it", async () => {
  const store = memoryStore();
  const [dead, other] = [await openServer(store), await openServer(store)];
  const executed = dead.execute(`${UNTIL_GO}; echo late > late`);
  executed.catch(() => undefined);
  await until(() => existsSync(join(dead.folder, "begun")));
  await dead.die();
  await expect(executed).rejects.toMatchObject({ code: "unavailable" });
  writeFileSync(join(dead.folder, "go"), "");
  const [{ event } = { event: undefined }] = await store.bashEvents.unfinished();
  expect(await outputsOf(other, event?.id ?? "")).toEqual([]);
  await other.bash.endAbandoned();
  expect(await outputsOf(other, event?.id ?? "")).toMatchObject([CUT_SHORT]);
  expect(existsSync(join(dead.folder, "late"))).toBe(false);
  expect(await dead.execute("echo again")).toMatchObject({ stdout: "again\n" });
});

it("waits with the output of a command while the life of its server is in doubt", async () => {
  const store = memoryStore();
  const server = await openServer(store);
  const { id } = await server.start(UNTIL_GO);
  server.seat.isDoubtful = true;
  writeFileSync(join(server.folder, "go"), "");
  await until(() => server.seat.doubts > 1);
  expect(await outputsOf(server, id)).toEqual([]);
  server.seat.isDoubtful = false;
  expect(await server.ended(id)).toMatchObject([{ exit_code: 0, stdout: "gone\n" }]);
});

it("closes while the life of the server is in doubt, and leaves the end of its commands to others", async () => {
  const store = memoryStore();
  const server = await openServer(store);
  const { id } = await server.start(UNTIL_GO);
  server.seat.isDoubtful = true;
  await server.bash.close();
  await server.seat.leave();
  const next = await openServer(store);
  await next.bash.start();
  expect(await outputsOf(next, id)).toMatchObject([CUT_SHORT]);
});

it("leaves commands alone that run at any living server", async () => {
  const store = memoryStore();
  const [one, other] = [await openServer(store), await openServer(store)];
  const commands = [await one.start(UNTIL_GO), await other.start(UNTIL_GO)];
  await Promise.all([one, other].map(({ bash }) => bash.endAbandoned()));
  expect(await store.bashEvents.unfinished()).toHaveLength(2);
  for (const [index, server] of [one, other].entries()) {
    writeFileSync(join(server.folder, "go"), "");
    expect(await server.ended(commands[index]?.id ?? "")).toMatchObject([{ exit_code: 0, stdout: "gone\n" }]);
  }
});
