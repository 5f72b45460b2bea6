import { expect, it } from "vitest";
import { repositoryRoot } from "../../../src/workspace/archive/repository-root.ts";
import type { WorkspaceFiles } from "../../../src/workspace/workspace-files.ts";

/** Files in which every folder holds this number of folders and no repository. */
function wideFiles(width: number) {
  const count = { stats: 0 };
  const files = {
    stat: async () => {
      count.stats += 1;
      return null;
    },
    list: async () => ({
      entries: Array.from({ length: width }, (_, index) => ({
        name: `folder-${index}`,
        type: "directory",
        isLink: false,
      })),
      truncated: false,
    }),
  } as unknown as WorkspaceFiles;
  return { count, files };
}

it.each([200, 9_000])(
  "a search among folders of %i folders each looks at a bounded number in all",
  async (width) => {
    const { count, files } = wideFiles(width);
    expect(await repositoryRoot(files, "/work")).toBe("/work");
    expect(count.stats).toBeLessThanOrEqual(10_001);
  },
);
