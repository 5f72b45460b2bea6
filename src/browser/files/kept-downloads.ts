import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";

const MAX_NAME = 120;
/** Names that are tried for one file. */
const MAX_TRIES = 100;

/** Folder of downloads in the working directory. */
export const DOWNLOAD_FOLDER = ".agent_tmp/browser_downloads";

/**
 * Moves a file from this machine into the workspace, under a name that a page has chosen. Resolves to its path there.
 */
export async function bringDownload(
  { source, name }: { source: string; name: string },
  workspace: Workspace,
): Promise<string> {
  const folder = joinPath(workspace.info.workingDir, DOWNLOAD_FOLDER);
  try {
    const path = await freePath(workspace, folder, downloadName(name));
    await workspace.files.makeFolder(folder);
    await workspace.files.write(path, createReadStream(source));
    return path;
  } finally {
    await rm(source, { force: true });
  }
}

/** The page chooses the name, so nothing in it may lead elsewhere or hide. */
export function downloadName(suggested: string): string {
  const plain = suggested.replace(/[^\p{L}\p{N}._ ()-]/gu, "_").replace(/^[.\s]+/, "");
  return plain.slice(-MAX_NAME) || "download";
}

/** A name that is free in the folder: `report.pdf`, `report-2.pdf`, … */
async function freePath({ files }: Workspace, folder: string, name: string): Promise<string> {
  const [, stem = name, ending = ""] = /^(.+?)(\.[^.]+)?$/.exec(name) ?? [];
  for (let number = 1; number <= MAX_TRIES; number += 1) {
    const path = joinPath(folder, number === 1 ? name : `${stem}-${number}${ending}`);
    if ((await files.stat(path)) === null) return path;
  }
  return joinPath(folder, `${stem}-${crypto.randomUUID()}${ending}`);
}
