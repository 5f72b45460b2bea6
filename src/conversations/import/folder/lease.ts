import type { WorkspaceFiles } from "../../../workspace/workspace-files.ts";
import { FaultyFile, readObject } from "./source-files.ts";

/** A process that has written a lease. */
export interface LeaseOwner {
  /** Host name of its machine. */
  host: string;
  pid: number;
}

export interface LeaseContext {
  files: WorkspaceFiles;
  /** Milliseconds since 1970. */
  now(): number;
  /** Whether a process is known to have ended. One of another machine is not. */
  hasEnded(owner: LeaseOwner): boolean;
}

/** The error of a conversation that a server of the reference has open. */
export class InUse extends FaultyFile {}

/**
 * Refuses the folder of a conversation that a server of the reference has open: it would be read while it is written. A
 * lease ends with its process on this machine, and less than a minute after one elsewhere.
 *
 * @throws InUse
 */
export async function assertNotInUse(path: string, { files, now, hasEnded }: LeaseContext): Promise<void> {
  if ((await files.stat(path)) === null) return;
  // A lease that cannot be read holds no one up.
  const lease = await readObject(files, path).catch(() => ({}) as Record<string, unknown>);
  const { expires_at: seconds, owner_host: host, owner_pid: pid } = lease;
  if (typeof seconds !== "number" || seconds * 1_000 <= now()) return;
  if (typeof host === "string" && typeof pid === "number" && hasEnded({ host, pid })) return;
  throw new InUse(path, "a server has the conversation open: stop it, and try again a minute later");
}
