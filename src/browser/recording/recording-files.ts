import { joinPath } from "../../workspace/paths.ts";
import type { Workspace } from "../../workspace/workspace.ts";

/** Folder of recordings in the working directory. */
const FOLDER = ".agent_tmp/browser_observations";

/** Makes a folder in the workspace for a recording that begins. `now`: milliseconds since 1970. */
export async function makeRecordingFolder({ files, info }: Workspace, now: number): Promise<string> {
  const time = new Date(now).toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const base = joinPath(info.workingDir, FOLDER, `recording-${time}`);
  let path = base;
  for (let number = 2; (await files.stat(path)) !== null; number += 1) path = `${base}-${number}`;
  await files.makeFolder(path);
  return path;
}
