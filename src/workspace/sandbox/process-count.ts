import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../local/file-error.ts";
import { sendSignal } from "../local/send-signal.ts";

/** Where control groups that count processes are made: of version 1, then of version 2. */
const PARENTS = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];

const PREFIX = "agent-server-";
const NAME = /^agent-server-(\d+)-/;

/** Looks for the end of the last process in a group, which the kernel takes a moment for. */
const REMOVALS = 50;
const REMOVE_EVERY = 20;

/**
 * A control group that bounds the number of processes. Only root makes them, and only root needs them: the kernel holds
 * no other user's processes against RLIMIT_NPROC.
 */
export class ProcessCount {
  /** Absolute path of the group. */
  readonly path: string;

  /** Makes a group. null where this process may not. */
  static make(processes: number): ProcessCount | null {
    for (const parent of PARENTS) {
      const path = join(parent, `${PREFIX}${process.pid}-${crypto.randomUUID()}`);
      if (makeGroup(path, processes)) return new ProcessCount(path);
    }
    return null;
  }

  /** Removes the groups of servers that were killed. */
  static removeLeft(): void {
    for (const parent of PARENTS) {
      for (const name of namesIn(parent)) {
        const pid = NAME.exec(name)?.[1];
        if (pid !== undefined && !sendSignal(Number(pid), 0)) removeGroup(join(parent, name));
      }
    }
  }

  private constructor(path: string) {
    this.path = path;
  }

  /** Removes the group once its processes have ended. One that does not get empty is left to the next server. */
  async remove(): Promise<void> {
    for (let left = REMOVALS; left > 0; left--) {
      const error: unknown = await rmdir(this.path).catch((reason: unknown) => reason);
      if (codeOf(error) !== "EBUSY") return;
      await sleep(REMOVE_EVERY);
    }
  }
}

function makeGroup(path: string, processes: number): boolean {
  try {
    mkdirSync(path);
  } catch {
    return false;
  }
  try {
    writeFileSync(join(path, "pids.max"), String(processes), { flag: "r+" });
    return true;
  } catch {
    removeGroup(path);
    return false;
  }
}

function removeGroup(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It still has processes, or another server has removed it.
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
