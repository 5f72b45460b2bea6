import { untilAborted } from "../../waiting.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { type FileQuery, type FoundFiles, MAX_PATHS, OUT_OF_TIME, type SearchLimits } from "./file-query.ts";
import { Newest } from "./newest.ts";
import { textPieces } from "./text-pieces.ts";
import { type Searched, WalkTooLong, walkFiles } from "./walk-files.ts";
import { openTextMatcher, type TextMatcher } from "./worker/text-matcher.ts";

/** Files that are read at once. */
const AT_ONCE = 8;

/**
 * Searches by looking through folders and reading files, in this process. The regular expression runs in a thread,
 * which is ended past the deadline.
 *
 * @throws FileRefusal for an expression that is not valid.
 */
export async function searchByWalk(
  query: FileQuery,
  { files, info }: Pick<Workspace, "files" | "info">,
  { signal, deadline }: SearchLimits,
): Promise<FoundFiles> {
  const newest = new Newest(MAX_PATHS);
  const either = AbortSignal.any([signal, deadline]);
  const stopped = await searchInto(newest, query, { files, home: info.home, signal: either }).catch(
    (error: unknown) => {
      // The time may be over before the first file.
      if (!deadline.aborted) throw error;
      return OUT_OF_TIME;
    },
  );
  signal.throwIfAborted();
  return { paths: newest.paths(), isCut: newest.isCut, stopped: deadline.aborted ? OUT_OF_TIME : stopped };
}

/** Gives the reason for which the search ended early, if it did. */
async function searchInto(
  newest: Newest,
  query: FileQuery,
  { signal, ...machine }: Searched & { signal: AbortSignal },
): Promise<string | undefined> {
  const { files } = machine;
  await using matcher = query.text === null ? undefined : await openTextMatcher(query.text, signal);
  return await eachFile(query, { ...machine, signal }, async (path) => {
    if (matcher !== undefined && !(await hasMatch(path, files, matcher))) return;
    const status = await files.stat(path).catch(() => null);
    if (status !== null && !signal.aborted) newest.add(path, status.modifiedAt);
  });
}

/** Looks at the files of a walk, several at once. Gives the reason for which it ended early, if it did. */
async function eachFile(
  query: FileQuery,
  { signal, ...machine }: Searched & { signal: AbortSignal },
  look: (path: string) => Promise<void>,
): Promise<string | undefined> {
  const walk = walkFiles(query, machine, signal);
  let stopped: string | undefined;
  const lane = async () => {
    while (!signal.aborted && stopped === undefined) {
      // A machine may not answer at all.
      const next = await untilAborted(walk.next(), signal);
      if (next.done) return;
      await untilAborted(look(next.value), signal);
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
