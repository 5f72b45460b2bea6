import type { Workspace } from "../../workspace/workspace.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { type FileQuery, type FoundFiles, MAX_PATHS, OUT_OF_TIME, type SearchLimits } from "./file-query.ts";
import { Newest } from "./newest.ts";
import { textPieces } from "./text-pieces.ts";
import { WalkTooLong, walkFiles } from "./walk-files.ts";
import { openTextMatcher, type TextMatcher } from "./worker/text-matcher.ts";

/** Files that are read at once. */
const AT_ONCE = 8;

/**
 * Searches by looking through folders and reading files, in this process. The regular expression runs in a thread, which
 * is ended past the deadline.
 *
 * @throws FileRefusal for an expression that is not valid.
 */
export async function searchByWalk(
  query: FileQuery,
  { files }: Pick<Workspace, "files">,
  { signal, deadline }: SearchLimits,
): Promise<FoundFiles> {
  const newest = new Newest(MAX_PATHS);
  const either = AbortSignal.any([signal, deadline]);
  await using matcher = query.text === null ? undefined : await openTextMatcher(query.text, either);
  const stopped = await eachFile(query, { files, signal: either }, async (path) => {
    if (matcher !== undefined && !(await hasMatch(path, files, matcher))) return;
    const status = await files.stat(path).catch(() => null);
    if (status !== null && !either.aborted) newest.add(path, status.modifiedAt);
  });
  signal.throwIfAborted();
  return { paths: newest.paths(), isCut: newest.isCut, stopped: deadline.aborted ? OUT_OF_TIME : stopped };
}

/** Looks at the files of a walk, several at once. Gives the reason for which it ended early, if it did. */
async function eachFile(
  query: FileQuery,
  { files, signal }: { files: WorkspaceFiles; signal: AbortSignal },
  look: (path: string) => Promise<void>,
): Promise<string | undefined> {
  const walk = walkFiles(query, files);
  let stopped: string | undefined;
  const lane = async () => {
    while (!signal.aborted && stopped === undefined) {
      const next = await walk.next();
      if (next.done) return;
      await look(next.value);
    }
  };
  await Promise.all(
    Array.from({ length: AT_ONCE }, () =>
      lane().catch((error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof WalkTooLong)) throw error;
        stopped = error.message;
      }),
    ),
  );
  return stopped;
}

/** A file that cannot be read, or is binary, has no match. */
async function hasMatch(path: string, files: WorkspaceFiles, matcher: TextMatcher): Promise<boolean> {
  for await (const piece of textPieces(path, files)) {
    if (await matcher.matches(piece)) return true;
  }
  return false;
}
