import { asObject } from "../is-object.ts";
import type { FileChange } from "./diff-lines.ts";

/** Files of which the first content is kept. Further ones are shown when they change, and not again. */
const MAX_FILES = 100;

/** The changes of files that a result shows. None for the results of other tools. */
export function changesIn(observation: Record<string, unknown>): FileChange[] {
  const { path, file_path: filePath, commit } = observation;
  const place = typeof path === "string" ? path : filePath;
  const own = typeof place === "string" ? [changeOf(place, observation)] : [];
  const { changes } = asObject(commit);
  const patched = Object.entries(asObject(changes)).map(([file, change]) => changeOf(file, asObject(change)));
  return [...own, ...patched].filter((change) => change !== undefined);
}

/** undefined for what changes nothing, such as a look at a file. */
function changeOf(path: string, fields: Record<string, unknown>): FileChange | undefined {
  const { command, old_content: before = "", new_content: after, type } = fields;
  if (command === "view") return undefined;
  const now = type === "delete" ? "" : after;
  if (typeof now !== "string" || (typeof before !== "string" && before !== null)) return undefined;
  return before === now ? undefined : { path, before: before ?? "", after: now };
}

/** The files that a conversation has changed since it is watched: their first and their last content. */
export class FileChanges {
  readonly #changes = new Map<string, FileChange>();

  add({ path, before, after }: FileChange): void {
    const known = this.#changes.get(path);
    if (known === undefined && this.#changes.size >= MAX_FILES) return;
    this.#changes.set(path, { path, before: known?.before ?? before, after });
  }

  /** In the order in which they were first changed, without those that are as they were. */
  all(): FileChange[] {
    return [...this.#changes.values()].filter(({ before, after }) => before !== after);
  }
}
