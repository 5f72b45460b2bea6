import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { workspaceContract } from "../../../src/testing/workspace-contract.ts";
import { containerWorkspace } from "../../../src/workspace/container/container-workspace.ts";
import type { Machines } from "../../../src/workspace/machines.ts";
import type { OpenWorkspace, Workspace } from "../../../src/workspace/workspace.ts";
import { NO_CONTAINERS, TEST_OPTIONS } from "./open-container.ts";

describe.skipIf(NO_CONTAINERS)("containerWorkspace", () => {
  const conversationId = crypto.randomUUID();
  let top: string;
  let openWorkspace: OpenWorkspace;
  let machines: Machines | undefined;

  beforeAll(async () => {
    top = await mkdtemp(join(tmpdir(), "agent-server-test-"));
    openWorkspace = containerWorkspace({ ...TEST_OPTIONS, root: join(top, "projects") });
    machines = openWorkspace.machines?.serve({
      stateFolder: join(top, "state"),
      existing: async (ids) => new Set(ids),
      onError: () => {},
    });
  });

  afterAll(async () => {
    await machines?.remove(conversationId);
    await rm(top, { recursive: true, force: true });
  });

  /** The workspace of one conversation again and again, with an empty folder: a container starts slowly. */
  async function reopen(): Promise<Workspace> {
    const folder = join(top, "projects", "one");
    await mkdir(folder, { recursive: true });
    const workspace = await openWorkspace({
      conversationId,
      workingDir: "one",
      dataDir: join(top, "state", conversationId.replaceAll("-", "")),
      requested: {},
    });
    onTestFinished(async () => {
      await workspace.close();
      // Emptied and not replaced, because the container shows this folder.
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    });
    return workspace;
  }

  for (const { name, run } of workspaceContract(reopen)) test(name, run);
});
