import { readdir, readFile } from "node:fs/promises";

/** A process of the box. */
interface Process {
  pid: number;
  parent: number;
}

/** Looks for processes that came since, and are neither this one nor started by those that were there. */
export async function watchProcesses(): Promise<() => Promise<string[]>> {
  const earlier = new Set((await processes()).map(({ pid }) => pid));
  // What a server leaves behind has the first process for its parent.
  const isOurs = (pid: number) => pid !== 1 && pid !== process.pid && earlier.has(pid);
  return async () => {
    const later = (await processes()).filter(
      ({ pid, parent }) => pid !== 1 && pid !== process.pid && !isOurs(pid) && !isOurs(parent),
    );
    return Promise.all(later.map(async ({ pid }) => `${pid}: ${await commandLine(pid)}`));
  };
}

async function processes(): Promise<Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: Process[] = [];
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
    if (parent !== undefined && !/^State:\s+Z/m.test(status)) found.push({ pid, parent: Number(parent) });
  }
  return found;
}

async function commandLine(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return line.replaceAll("\0", " ").slice(0, 200);
}
