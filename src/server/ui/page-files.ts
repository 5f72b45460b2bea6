import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { mediaTypeOf } from "../../http/content/media-type.ts";
import type { PageFile, PageFiles } from "../../ui/page-files.ts";

/** Files that a folder of pages may have. */
const MAX_FILES = 10_000;

/**
 * The files of a folder. Only names that were listed are ever opened, so that no path of a request leads anywhere else.
 * The folder is listed once, when a file is first asked for.
 */
export function pageFiles(directory: string): PageFiles {
  let listing: Promise<ReadonlySet<string>> | undefined;

  function list(): Promise<ReadonlySet<string>> {
    listing ??= listFiles(directory);
    listing.catch(() => {
      listing = undefined;
    });
    return listing;
  }

  return {
    async find(path) {
      if (!(await list()).has(path)) return undefined;
      return pageFile(join(directory, path));
    },
  };
}

async function listFiles(directory: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  if (entries.length > MAX_FILES) throw new Error(`${directory}: more than ${MAX_FILES} files`);
  const files = entries.filter((entry) => entry.isFile());
  return new Set(
    files.map((file) => relative(directory, join(file.parentPath, file.name)).replaceAll(sep, "/")),
  );
}

async function pageFile(path: string): Promise<PageFile> {
  const [{ size, ctimeMs }, mediaType] = await Promise.all([stat(path), mediaTypeOf(path)]);
  return {
    mediaType,
    source: {
      size,
      // Packages carry a fixed time of change; this one says when they were unpacked.
      modifiedAt: ctimeMs,
      read: (start, end) =>
        Readable.toWeb(createReadStream(path, { start, end: end - 1 })) as ReadableStream<Uint8Array>,
    },
    text: () => readFile(path, "utf8"),
  };
}
