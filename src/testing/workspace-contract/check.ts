import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Workspace } from "../../workspace/workspace.ts";
import { WorkspaceError, type WorkspaceErrorCode } from "../../workspace/workspace-error.ts";

/** One check, on a workspace with an empty working directory. */
export type WorkspaceCheck = (workspace: Workspace) => Promise<void>;

/** Path of a file in the working directory. */
export function inside({ info }: Workspace, name: string): string {
  return `${info.workingDir}/${name}`;
}

/** Text of a file in the working directory. */
export async function textIn(workspace: Workspace, name: string): Promise<string> {
  return new TextDecoder().decode(await workspace.files.read(inside(workspace, name)));
}

export async function namesIn({ files, info }: Workspace): Promise<string[]> {
  return (await files.list(info.workingDir)).entries.map((entry) => entry.name);
}

/**
 * Resolves when the working directory holds these names and no other. A machine that is reached over a network learns
 * of a failed write when the connection ends, so its unfinished file may stay for a moment longer. Throws what
 * differs after 10 s.
 */
export async function untilNames(workspace: Workspace, names: readonly string[]): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    if (isDeepStrictEqual(await namesIn(workspace), names)) return;
    await sleep(20);
  }
  assert.deepEqual(await namesIn(workspace), names);
}

export async function assertFails(action: Promise<unknown>, code: WorkspaceErrorCode): Promise<void> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(WorkspaceError.is(error), `expected a WorkspaceError ${code}, not ${error}`);
  assert.equal(error.code, code, error.message);
}

/** A shell script of processes that ignore SIGTERM and write to the file `beat` as long as they live. */
export const BEATING = `trap '' TERM HUP; ( while :; do echo x >>beat; sleep 0.05; done ) & echo started; wait`;

/** Resolves when the processes of `BEATING` have begun. */
export async function untilBeating(workspace: Workspace): Promise<void> {
  while ((await workspace.files.stat(inside(workspace, "beat"))) === null) await sleep(20);
}

/** Fails when a process of `BEATING` is alive. */
export async function assertStill(workspace: Workspace): Promise<void> {
  const before = await workspace.files.stat(inside(workspace, "beat"));
  await sleep(300);
  assert.deepEqual(await workspace.files.stat(inside(workspace, "beat")), before, "a process lives on");
}
