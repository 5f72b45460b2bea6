import { readdir, readFile } from "node:fs/promises";
import { childEnvironment } from "./child-environment.ts";
import { runProcess } from "./run-process.ts";

export interface ProcessEntry {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** Group that reads the keyboard of the process's terminal, -1 when it has none. */
  foreground: number;
  /** Dead, waiting for its parent to ask for the exit code. */
  zombie: boolean;
  /** Grows with the time of start; only to be compared. 0 where the system does not tell. */
  startedAt: number;
}

/** All processes of the machine. Linux keeps them as files; elsewhere `ps` is asked. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  const names = await readdir("/proc").catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  if (pids.length === 0) return listWithPs();
  const entries = await Promise.all(pids.map(readProcess));
  return entries.filter((entry) => entry !== null);
}

/** One process; null when it is gone. */
export async function readProcess(pid: number): Promise<ProcessEntry | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  // The program's name stands in parentheses and may hold anything, parentheses too.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (index: number) => Number(fields[index] ?? -1);
  return {
    pid,
    parent: field(1),
    group: field(2),
    session: field(3),
    foreground: field(5),
    zombie: fields[0] === "Z" || fields[0] === "X",
    startedAt: field(19),
  };
}

async function listWithPs(): Promise<ProcessEntry[]> {
  const columns = "pid=,ppid=,pgid=,sess=,tpgid=,stat=";
  const env = childEnvironment({});
  const { stdout } = await runProcess(["ps", "-A", "-o", columns], { cwd: "/", env, timeout: 5000 });
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 6)
    .map(([pid, parent, group, session, foreground, state]) => ({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      foreground: Number(foreground),
      zombie: state?.startsWith("Z") === true,
      startedAt: 0,
    }));
}
