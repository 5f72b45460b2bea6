import { readdirSync, readFileSync } from "node:fs";
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

/**
 * All processes of the machine. Linux keeps them as files, elsewhere `ps` is asked. Read synchronously, some ten
 * microseconds each: a hundred terminals closed at once must not need a hundred times as many descriptors.
 */
export async function listProcesses(): Promise<ProcessEntry[]> {
  if (process.platform !== "linux") return listWithPs();
  const names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return names.map((name) => readProcess(Number(name))).filter((entry) => entry !== null);
}

/** One process; null when it is gone, and on systems other than Linux. */
export function readProcess(pid: number): ProcessEntry | null {
  const text = readProcessFile(pid, "stat");
  if (text === "") return null;
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

/** Whether the process was started with this `NAME=value` in its environment. */
export function hasVariable(pid: number, variable: string): boolean {
  return readProcessFile(pid, "environ").split("\0").includes(variable);
}

function readProcessFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch {
    return "";
  }
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
