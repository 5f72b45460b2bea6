import { expect, it, vi } from "vitest";
import { isUsedByAnother } from "../../../src/conversations/worktrees/worktree-users.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { openManager, start } from "../open-manager.ts";

const FOLDER = '/worktrees/0a0b0c0d-0001-4000-8000-00000000000a"\\';

it("of many conversations only those are parsed that name the folder", async () => {
  const store = memoryStore();
  const { manager } = openManager({ store });
  for (let count = 0; count < 20; count += 1) await start(manager);
  const id = await start(manager, { workspace: { working_dir: `${FOLDER}/sub` } });
  const parse = vi.spyOn(JSON, "parse");
  const other = "0a0b0c0d-0001-4000-8000-00000000000b";
  expect(await isUsedByAnother(store.conversations, { id: other, folder: FOLDER })).toBe(true);
  expect(await isUsedByAnother(store.conversations, { id, folder: FOLDER })).toBe(false);
  expect(parse.mock.calls.length).toBeLessThan(5);
});
