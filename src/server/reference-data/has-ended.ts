import { hostname } from "node:os";
import type { LeaseOwner } from "../../conversations/import/folder/lease.ts";

/** Whether a process of this machine has ended. One of another machine, or one whose state is unknown, has not. */
export function hasEnded({ host, pid }: LeaseOwner): boolean {
  if (host !== hostname() || !Number.isSafeInteger(pid)) return false;
  if (pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
