import { readFile, readlink } from "node:fs/promises";
import { listProcesses, readProcess } from "../process-table.ts";

/** Numbers of the system calls in which a program waits for a key. */
const SYSTEM_CALLS: Partial<Record<string, { read: number; select: readonly number[] }>> = {
  x64: { read: 0, select: [23, 270] },
  arm64: { read: 63, select: [72] },
};

/**
 * Whether the program that has the terminal of this shell, or the shell itself, waits for input. Linux
 * tells in which system call a process sits: a read of the terminal, or, in line editors, a select on standard
 * input alone. False means no or not known: programs that poll, other systems.
 */
export async function waitsForInput(shellPid: number): Promise<boolean> {
  const shell = readProcess(shellPid);
  if (shell === null || shell.foreground <= 0) return false;
  if (shell.foreground === shell.group) return readsTerminal(shellPid);
  const group = (await listProcesses()).filter((entry) => entry.group === shell.foreground);
  const reading = await Promise.all(group.map((entry) => readsTerminal(entry.pid)));
  return reading.includes(true);
}

async function readsTerminal(pid: number): Promise<boolean> {
  const calls = SYSTEM_CALLS[process.arch];
  const text = await readFile(`/proc/${pid}/syscall`, "utf8").catch(() => "running");
  const [call, first] = text.split(" ").map(Number);
  if (calls === undefined || call === undefined || first === undefined) return false;
  if (call === calls.read) return isTerminal(pid, first);
  // The argument of select is the highest descriptor plus one.
  return calls.select.includes(call) && first === 1 && isTerminal(pid, 0);
}

async function isTerminal(pid: number, descriptor: number): Promise<boolean> {
  const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
  return target.startsWith("/dev/pts/") || target === "/dev/tty";
}
