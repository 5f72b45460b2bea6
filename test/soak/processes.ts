import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A process that works in the folder of a soak. */
export interface Worker {
  pid: number;
  parent: number;
  command: string;
}

/** All processes that work in a folder or below it, also those that the server has lost. */
export function processesIn(folder: string): Worker[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => look(Number(name), folder) ?? []);
}

/** undefined for a process that is elsewhere, another user's, or gone. */
function look(pid: number, folder: string): Worker | undefined {
  try {
    const place = readlinkSync(`/proc/${pid}/cwd`);
    if (place !== folder && !place.startsWith(`${folder}/`)) return undefined;
    const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(parent), command };
  } catch {
    return undefined;
  }
}
