import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { removalNotes } from "../../../src/server/data-folder/removal-notes.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { until } from "../open-manager.ts";
import { openProject } from "./open-project.ts";

const ID = "0a0b0c0d-0001-4000-8000-00000000000a";

it("a deleted conversation takes its worktree with it, committed or not, and leaves its branch", async () => {
  const project = await openProject();
  const bench = project.open();
  const { path } = await project.start(bench, { conversation_id: ID });
  await writeFile(join(path, "unsaved"), "not committed");
  await mkdir(join(path, "cache"));
  await writeFile(join(path, "cache/kept"), "");
  await chmod(join(path, "cache"), 0o555);
  await bench.manager.delete(ID);
  expect(await project.exists(join(project.root, ID))).toBe(false);
  expect(await project.worktrees()).toEqual([]);
  expect(await project.branches()).toEqual(["main", `openhands/${ID}`]);
});

it("a worktree goes with the last conversation that works in it", async () => {
  const project = await openProject();
  const bench = project.open();
  const { id, path } = await project.start(bench);
  const inside = { worktree: false, workspace: { working_dir: join(path, "sub") } };
  const second = await project.start(bench, inside);
  await bench.manager.delete(id);
  expect(await project.worktrees()).toEqual([path]);
  await bench.manager.delete(second.id);
  expect(await project.exists(path)).toBe(false);
  expect(await project.worktrees()).toEqual([]);
});

it("a conversation whose repository is gone is deleted like others", async () => {
  const project = await openProject();
  const bench = project.open();
  const { id, path } = await project.start(bench);
  await rm(project.repo, { recursive: true });
  await bench.manager.delete(id);
  expect(await bench.manager.count()).toBe(0);
  expect(await project.exists(path)).toBe(false);
});

it("a folder in the root that is no worktree of a conversation stays", async () => {
  const project = await openProject();
  const bench = project.open();
  const working_dir = join(project.root, "mine", "folder");
  await project.write("worktrees/mine/folder/file", "1");
  const { id } = await project.start(bench, { worktree: false, workspace: { working_dir } });
  await bench.manager.delete(id);
  expect(await project.exists(join(working_dir, "file"))).toBe(true);
});

it("a deleted conversation can be started again under its id at once", async () => {
  const project = await openProject();
  const bench = project.open();
  const { path } = await project.start(bench, { conversation_id: ID });
  const [, again] = await Promise.all([
    bench.manager.delete(ID),
    until(async () => (await bench.manager.count()) === 0).then(() =>
      project.start(bench, { conversation_id: ID }),
    ),
  ]);
  expect(again.path).toBe(path);
  expect(await project.exists(join(path, "file"))).toBe(true);
  expect(await project.worktrees()).toEqual([path]);
});

it("what a killed server left of worktrees it made or removed is removed by the next one, and no other", async () => {
  const project = await openProject();
  const store = memoryStore();
  const notes = join(project.folder, "notes");
  const dataDir = (id: string) => join(project.folder, "data", id);
  const killed = project.open({ store, removals: removalNotes(notes), dataDir });
  const kept = await project.start(killed);
  const removed = await project.start(killed);
  const { remove, commit } = store;
  // The process ends here: after the worktree was made, before the conversation is stored.
  await new Promise<void>((reached) => {
    store.commit = () => {
      reached();
      return new Promise(() => {});
    };
    void project.start(killed, { conversation_id: ID });
  });
  expect(await project.worktrees()).toHaveLength(3);
  // And here: after the conversation was removed, before its worktree is.
  await removalNotes(notes).begin({
    id: removed.id,
    worktree: {
      folder: join(project.root, removed.id),
      path: removed.path,
      repository: join(project.repo, ".git"),
      source: project.repo,
    },
  });
  await remove.call(store, removed.id);
  store.commit = commit;
  // A claim dies with its process.
  for (const id of [ID, removed.id, kept.id]) {
    const owner = await store.ownership.ownerOf(id);
    if (owner !== undefined) await store.ownership.leave(owner.node);
  }

  const next = project.open({ store, removals: removalNotes(notes), dataDir });
  await next.manager.start();
  await until(async () => (await project.worktrees()).length === 1);
  await until(async () => (await removalNotes(notes).begun()).length === 0);
  expect(await project.worktrees()).toEqual([kept.path]);
  expect(await project.exists(join(project.root, ID))).toBe(false);
  expect(await project.branches()).toEqual(
    ["main", `openhands/${kept.id}`, `openhands/${removed.id}`].sort(),
  );
});

it("a worktree in the making on a living server is left alone by another that starts", async () => {
  const project = await openProject();
  const store = memoryStore();
  const removals = removalNotes(join(project.folder, "notes"));
  const { commit } = store;
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  store.commit = async (change) => {
    if (change.create) await held;
    return commit.call(store, change);
  };
  const first = project.open({ store, removals });
  const starting = project.start(first, { conversation_id: ID });
  const path = join(project.root, ID, "project");
  await until(() => project.exists(join(path, "file")));
  const second = project.open({ store, removals });
  await second.manager.start();
  await expect(project.start(second, { conversation_id: ID })).rejects.toMatchObject({ code: "unavailable" });
  goOn();
  expect((await starting).path).toBe(path);
  expect(await project.exists(join(path, "file"))).toBe(true);
  expect(await removals.begun()).toEqual([]);
});
