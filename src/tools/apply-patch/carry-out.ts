import { messageOf } from "../../errors.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { FileRefusal } from "../text-files/file-refusal.ts";
import type { PatchJournal } from "./patch-journal.ts";
import type { FileStep } from "./plan-changes.ts";

export interface CarryOutOptions {
  files: WorkspaceFiles;
  journal: PatchJournal;
}

/**
 * Writes the files of a patch, then removes those that go. When one of them fails, those before it get back what they
 * had; folders that were made for new files stay.
 *
 * @throws FileRefusal when a file cannot be written or removed.
 */
export async function carryOut(
  steps: readonly FileStep[],
  { files, journal }: CarryOutOptions,
): Promise<void> {
  const written = steps.filter(({ after }) => after !== null);
  const removed = steps.filter(({ after }) => after === null);
  const done: FileStep[] = [];
  try {
    await journal.begin(steps);
    for (const step of [...written, ...removed]) {
      await put(files, step.path, step.after);
      done.push(step);
    }
    await journal.end();
  } catch (error) {
    const lost = await takeBack(done, files);
    // What could not be put back is tried again later.
    if (lost.length === 0) await journal.end().catch(() => {});
    throw new FileRefusal(`The patch was not applied: ${messageOf(error)}. ${outcomeOf(lost)}`, {
      cause: error,
    });
  }
}

/** Gives the paths of files that stay changed. New files go first: they give room on a disk that is full. */
async function takeBack(done: readonly FileStep[], files: WorkspaceFiles): Promise<string[]> {
  const lost: string[] = [];
  for (const { path, before } of done.toSorted((a, b) => sizeOf(a) - sizeOf(b))) {
    await put(files, path, before).catch(() => lost.push(path));
  }
  return lost;
}

function sizeOf({ before }: FileStep): number {
  return before?.length ?? -1;
}

function put(files: WorkspaceFiles, path: string, content: Uint8Array | null): Promise<void> {
  return content === null ? files.remove(path) : files.write(path, content);
}

function outcomeOf(lost: readonly string[]): string {
  if (lost.length === 0) return "All files are as they were.";
  return `These files are changed already and could not be put back: ${lost.join(", ")}.`;
}
