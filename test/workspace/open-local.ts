import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type LocalWorkspaceOptions, localWorkspace } from "../../src/workspace/local/local-workspace.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";

/** A new folder that goes when the test ends. Its path leads through no link. */
export async function temporaryDirectory(): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "agent-server-test-")));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

export interface LocalOptions extends LocalWorkspaceOptions {
  /** Default: a new folder. */
  workingDir?: string;
  /** Default: a folder in the working directory. */
  dataDir?: string;
}

/** A workspace on this machine that is closed when the test ends. */
export async function openLocal({ workingDir, dataDir, ...options }: LocalOptions = {}): Promise<Workspace> {
  const folder = workingDir ?? (await temporaryDirectory());
  const workspace = await localWorkspace(options)({
    conversationId: "00000000-0000-4000-8000-000000000000",
    workingDir: folder,
    dataDir: dataDir ?? join(folder, "data"),
    requested: {},
  });
  onTestFinished(() => workspace.close());
  return workspace;
}
