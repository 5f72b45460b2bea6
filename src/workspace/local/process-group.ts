import { hasVariable, listProcesses, type ProcessEntry, readProcess } from "./process-table.ts";

/** Milliseconds between two looks at whether processes are gone. */
const LOOK_EVERY = 15;

export interface EndOptions {
  /** Milliseconds between the polite signals and SIGKILL. */
  grace?: number;
  /** Milliseconds after SIGKILL before giving up on a process that the kernel does not let go. */
  limit?: number;
}

/** Ends a process group: SIGTERM, then SIGKILL for what is left. True when nothing of it is left. */
export function endProcessGroup(group: number, options: EndOptions = {}): Promise<boolean> {
  return endProcesses((all) => all.filter((entry) => entry.group === group), options);
}

export interface ProcessFamily {
  /** The process whose session, children and grandchildren are meant. */
  leader: number;
  /** `NAME=value` in the environment of all of them, which finds those that left the session and lost their parent. */
  tag: string;
}

/** Ends a session leader and everything it started, background jobs and daemons included. */
export function endProcessFamily(family: ProcessFamily, options: EndOptions = {}): Promise<boolean> {
  let oldest = 0;
  const known = new Map<number, boolean>();
  const isTagged = ({ pid }: ProcessEntry) => {
    const tagged = known.get(pid) ?? hasVariable(pid, family.tag);
    known.set(pid, tagged);
    return tagged;
  };
  return endProcesses((all) => {
    // The leader may be gone at the second look; what it started is younger all the same.
    oldest = all.find((entry) => entry.pid === family.leader)?.startedAt ?? oldest;
    const members = membersOf(family.leader, all);
    return all.filter((entry) => members.has(entry.pid) || (entry.startedAt >= oldest && isTagged(entry)));
  }, options);
}

/** Sends a signal; false when the process or group (a negative number) is not there or not ours. */
export function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}

type Find = (all: ProcessEntry[]) => ProcessEntry[];

async function endProcesses(find: Find, options: EndOptions): Promise<boolean> {
  const look = async () => {
    const alive = (await listProcesses()).filter((entry) => !entry.zombie && entry.pid !== process.pid);
    return find(alive);
  };
  const sendAll = async (...signals: NodeJS.Signals[]) => {
    const found = await look();
    for (const { pid } of found) for (const signal of signals) sendSignal(pid, signal);
    return found;
  };
  // An interactive shell ignores SIGTERM but not SIGHUP; a stopped process sees neither before SIGCONT.
  const first = await sendAll("SIGTERM", "SIGHUP", "SIGCONT");
  if (await gone(first, options.grace ?? 500)) {
    if ((await look()).length === 0) return true;
  }
  const deadline = performance.now() + (options.limit ?? 2000);
  // More than one round: a process that forks quickly may have new children by now.
  do {
    const left = await sendAll("SIGKILL");
    if (left.length === 0) return true;
    await gone(left, 100);
  } while (performance.now() < deadline);
  return (await look()).length === 0;
}

async function gone(entries: readonly ProcessEntry[], patience: number): Promise<boolean> {
  const deadline = performance.now() + patience;
  for (;;) {
    if (!entries.some(({ pid }) => isAlive(pid))) return true;
    if (performance.now() >= deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

/** A process that is dead but not asked for its exit code counts as gone: in a container, nobody may ever ask. */
function isAlive(pid: number): boolean {
  return sendSignal(pid, 0) && !readProcess(pid)?.zombie;
}

function membersOf(leader: number, all: readonly ProcessEntry[]): Set<number> {
  const members = new Set(
    all.filter((entry) => entry.session === leader || entry.pid === leader).map((entry) => entry.pid),
  );
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const entry of all) if (members.has(entry.parent)) members.add(entry.pid);
  }
  return members;
}
