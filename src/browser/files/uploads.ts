import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isAbsolutePath, joinPath, nameOf } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { BrowserFailure } from "../failure.ts";

/** Bytes of one file, and files at a time. */
const MAX_BYTES = 100 * 1024 * 1024;
const MAX_FILES = 10;

/**
 * Copies files of the workspace to a folder of the browser, for the field of a page. Only files in the working
 * directory are given away, wherever a link in it leads.
 *
 * @param text the paths, one on each line, absolute or from the working directory
 * @returns paths on this machine
 */
export async function copyForUpload(
  text: string,
  to: { folder: string; workspace: Workspace },
): Promise<string[]> {
  const paths = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
  if (paths.length === 0)
    throw new BrowserFailure("text: name the file in the workspace that the field gets.");
  if (paths.length > MAX_FILES) throw new BrowserFailure(`text: at most ${MAX_FILES} files at a time.`);
  const copies: string[] = [];
  for (const path of paths) copies.push(await copy(path, to));
  return copies;
}

async function copy(
  path: string,
  { folder, workspace: { files, info } }: { folder: string; workspace: Workspace },
): Promise<string> {
  const asked = isAbsolutePath(path) ? path : joinPath(info.workingDir, path);
  const [root, real] = await Promise.all([files.realPath(info.workingDir), files.realPath(asked)]);
  if (!real.startsWith(`${root}/`)) {
    throw new BrowserFailure(
      `${path} is outside of the working directory ${info.workingDir}; only files in it can be uploaded.`,
    );
  }
  const own = files.within?.(root) ?? files;
  const status = await own.stat(real);
  if (status === null || status.type !== "file") throw new BrowserFailure(`There is no file ${path}.`);
  if (status.size > MAX_BYTES) {
    throw new BrowserFailure(
      `${path} is larger than ${MAX_BYTES / 1024 / 1024} MiB, the most that can be uploaded.`,
    );
  }
  const place = join(folder, crypto.randomUUID());
  await mkdir(place, { recursive: true });
  const target = join(place, nameOf(real));
  const source = await own.readStream(real, { length: MAX_BYTES });
  await pipeline(
    Readable.fromWeb(source as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(target),
  );
  return target;
}
