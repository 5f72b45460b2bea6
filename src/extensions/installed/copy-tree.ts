import { joinPath } from "../../workspace/paths.ts";
import { SourceError } from "../checkout/source-error.ts";
import { placeIn } from "../confined-place.ts";
import type { ExtensionPlace } from "../place.ts";

/** Bounds of one extension. */
const MAX_FILES = 20_000;
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_DEPTH = 64;

/** Files that are copied at once. */
const COPIES = 8;

/**
 * Copies the files of a folder, without repositories. Links become what they lead to; those that lead out of the
 * folder, and pipes and devices, are left out and logged.
 *
 * @throws SourceError `source_not_allowed` for more than an extension may have
 */
export async function copyTree(
  place: ExtensionPlace,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const root = await place.workspace.files.realPath(from);
  const { files } = (await placeIn(place, root)).workspace;
  const target = place.workspace.files;
  await target.makeFolder(to);
  let [count, bytes] = [0, 0];
  const copy = async (path: string): Promise<void> => {
    const status = await files.stat(joinPath(root, path)).catch(() => null);
    if (status?.type !== "file") {
      place.logger.warn(
        { path: joinPath(root, path) },
        "a file of an extension is left out: it leads elsewhere",
      );
      return;
    }
    bytes += status.size;
    if (bytes > MAX_BYTES) throw tooLarge();
    const content = await files.readStream(joinPath(root, path));
    await target.write(joinPath(to, path), content, {
      mode: status.mode === undefined ? 0o666 : status.mode | 0o600,
    });
  };
  const walk = async (below: string, above: readonly string[]): Promise<void> => {
    const here = await files.realPath(joinPath(root, below));
    // A link to a folder above would go on for ever.
    if (above.includes(here)) return;
    const { entries, truncated } = await files.list(joinPath(root, below), { limit: MAX_FILES });
    count += entries.length;
    if (truncated || count > MAX_FILES || above.length > MAX_DEPTH) throw tooLarge();
    const paths = entries.filter(({ type }) => type !== "directory").map(({ name }) => joinPath(below, name));
    for (let first = 0; first < paths.length; first += COPIES)
      await Promise.all(paths.slice(first, first + COPIES).map(copy));
    for (const { name, type } of entries) {
      if (type !== "directory" || name === ".git") continue;
      await target.makeFolder(joinPath(to, below, name));
      await walk(joinPath(below, name), [...above, here]);
    }
  };
  await walk("", []);
}

function tooLarge(): SourceError {
  return new SourceError("source_not_allowed", "The extension is larger than this server takes.");
}
