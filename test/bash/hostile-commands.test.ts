import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import type { Store } from "../../src/stores/store.ts";
import { openBash } from "./open-bash.ts";

it("a command that prints without end neither grows the store past its bound nor outlives its stop", async () => {
  const { bash, store, start, ended } = await openBash();
  const { id } = await start("yes", { timeout: 300 });
  const other = await start("yes no >&2", { timeout: 300 });
  // Others go on meanwhile.
  await expect
    .poll(() => store.bashEvents.search(null, { commandId: id, direction: "asc", limit: 5 }))
    .toHaveLength(5);
  for (const commandId of [id, other.id]) {
    expect(await bash.stop(null, commandId)).toBe(true);
    await ended(commandId);
  }
  const rows = await store.bashEvents.search(null, { commandId: id, direction: "asc", limit: 1_000 });
  expect(rows.length).toBeLessThanOrEqual(66);
  expect(rows.every(({ json }) => json.length < 3 * 1024 * 1024)).toBe(true);
});

it("a command that breeds processes is ended with all of them", async () => {
  const { bash, folder, start, ended } = await openBash();
  const breed = "for i in 1 2 3 4 5 6 7 8; do (while :; do sleep 0.05; date > beat-$i; done) & done; wait";
  const { id } = await start(breed);
  await expect.poll(() => existsSync(join(folder, "beat-8"))).toBe(true);
  await bash.stop(null, id);
  await ended(id);
  for (let index = 1; index <= 8; index++) writeFileSync(join(folder, `beat-${index}`), "still");
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (let index = 1; index <= 8; index++)
    expect(readFileSync(join(folder, `beat-${index}`), "utf8")).toBe("still");
});

it("output of control characters and of no text at all comes as it was, in whole pieces", async () => {
  const { execute } = await openBash();
  const { stdout } = await execute("printf '\\033[2147483647L\\000\\001\\177'; head -c 3000000 /dev/urandom");
  expect(stdout?.startsWith("\u001b[2147483647L\u0000\u0001\u007f")).toBe(true);
  expect(stdout?.isWellFormed()).toBe(true);
});

it("ends a command whose output cannot be stored, says why, and gives it an end once the store works", async () => {
  const disk = { isFull: false };
  const { folder, start, ended } = await openBash({ store: fillableStore(disk) });
  const { id } = await start("while [ ! -e go ]; do sleep 0.01; done; yes", { timeout: 300 });
  disk.isFull = true;
  writeFileSync(join(folder, "go"), "");
  await new Promise((resolve) => setTimeout(resolve, 500));
  disk.isFull = false;
  const outputs = await ended(id);
  expect(outputs.at(-1)).toMatchObject({
    exit_code: -1,
    stderr: expect.stringContaining("the disk is full"),
  });
});

it("rejects for a caller who waits for a command whose end cannot be stored", async () => {
  const { bash, execute } = await openBash({ store: fillableStore({ isFull: true }) });
  const executing = execute("echo lost");
  executing.catch(() => {});
  await expect.poll(() => bash.search(null).then(({ items }) => items.length)).toBe(1);
  await bash.close();
  await expect(executing).rejects.toThrow("the disk is full");
});

it("two callers at once stop, clear and search while commands start", async () => {
  const { bash, start, ended } = await openBash();
  const ids = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const { id } = await start(index % 2 === 0 ? "exec sleep 300" : "echo quick");
      await Promise.all([
        bash.stop(null, id),
        bash.stop(null, id),
        bash.search(null),
        bash.getMany(null, [id]),
      ]);
      return id;
    }),
  );
  for (const id of ids)
    expect((await ended(id)).filter(({ exit_code }) => exit_code !== null)).toHaveLength(1);
  const cleared = await Promise.all([bash.clear(null), bash.clear(null), bash.clear(null)]);
  expect(cleared.reduce((sum, count) => sum + count, 0)).toBe(40);
});

/** A store that takes no output while its disk is full. */
function fillableStore(disk: { isFull: boolean }): Store {
  const store = memoryStore();
  const { bashEvents } = store;
  const append: typeof bashEvents.append = async (scope, event) => {
    if (disk.isFull && event.kind === "BashOutput") throw new Error("the disk is full");
    return bashEvents.append(scope, event);
  };
  return {
    conversations: store.conversations,
    events: store.events,
    bashEvents: {
      append,
      find: (...args) => bashEvents.find(...args),
      search: (...args) => bashEvents.search(...args),
      lastSeq: () => bashEvents.lastSeq(),
      unfinished: () => bashEvents.unfinished(),
      clear: (scope) => bashEvents.clear(scope),
      prune: (olderThan) => bashEvents.prune(olderThan),
    },
    documents: store.documents,
    outbox: store.outbox,
    relay: store.relay,
    ownership: store.ownership,
    commit: (change) => store.commit(change),
    remove: (id) => store.remove(id),
    close: () => store.close(),
  };
}
