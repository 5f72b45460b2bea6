import type { WorkspaceFiles } from "../../workspace/workspace-files.ts";
import { FaultyFile, readObject } from "./source-files.ts";

/**
 * Refuses the folder of a conversation that a running server has open: it would be read while it is written. A lease ends
 * less than a minute after its server. @throws FaultyFile
 */
export async function assertNotInUse(
  path: string,
  { files, now }: { files: WorkspaceFiles; now(): number },
): Promise<void> {
  if ((await files.stat(path)) === null) return;
  // A lease that cannot be read holds no one up.
  const { expires_at: seconds } = await readObject(files, path).catch(() => ({ expires_at: 0 }));
  if (typeof seconds !== "number" || seconds * 1_000 <= now()) return;
  throw new FaultyFile(path, "a server has the conversation open: stop it, and try again a minute later");
}
