import { setTimeout as sleep } from "node:timers/promises";
import { hasVariable, listProcesses, type ProcessEntry, readProcess } from "./process-table.ts";
import { sendSignal } from "./send-signal.ts";

/** Milliseconds between two looks at whether processes are gone. */
const LOOK_EVERY = 15;

/** Milliseconds between the polite signals and SIGKILL. */
const GRACE = 500;

/** Milliseconds from the first SIGKILL until processes that the kernel cannot end are given up. */
const KILL_LIMIT = 2000;

/** Milliseconds between two rounds of SIGKILL. */
const KILL_EVERY = 100;

export interface ProcessFamily {
  /** Process id of a session leader; its session, children and grandchildren belong to the family. */
  leader: number;
  /** `NAME=value` in the environment of every member. Finds those that left the session and lost their parent. */
  tag: string;
}

/**
 * Ends a session leader and everything it started, background jobs and daemons included. False when some process
 * could not be ended.
 */
export async function endProcessFamily(family: ProcessFamily): Promise<boolean> {
  const members = new FamilyFinder(family);
  // An interactive shell ignores SIGTERM but not SIGHUP; a stopped process sees neither before SIGCONT.
  const first = await signalAll(members, ["SIGTERM", "SIGHUP", "SIGCONT"]);
  if ((await areGone(first, GRACE)) && (await members.find()).length === 0) return true;
  const deadline = performance.now() + KILL_LIMIT;
  // More than one round: a process that forks quickly may have new children after each.
  do {
    const left = await signalAll(members, ["SIGKILL"]);
    if (left.length === 0) return true;
    await areGone(left, KILL_EVERY);
  } while (performance.now() < deadline);
  return (await members.find()).length === 0;
}

/** Finds the living members of a family, again and again while they end. */
class FamilyFinder {
  readonly #family: ProcessFamily;
  readonly #tagged = new Map<number, boolean>();
  #oldest = 0;

  constructor(family: ProcessFamily) {
    this.#family = family;
  }

  async find(): Promise<ProcessEntry[]> {
    const all = (await listProcesses()).filter((entry) => !entry.zombie && entry.pid !== process.pid);
    const { leader } = this.#family;
    // The leader may be gone at the second look; what it started is younger all the same.
    this.#oldest = all.find((entry) => entry.pid === leader)?.startedAt ?? this.#oldest;
    const members = descendantsOf(leader, all);
    return all.filter(
      (entry) => members.has(entry.pid) || (entry.startedAt >= this.#oldest && this.#isTagged(entry)),
    );
  }

  #isTagged({ pid }: ProcessEntry): boolean {
    const tagged = this.#tagged.get(pid) ?? hasVariable(pid, this.#family.tag);
    this.#tagged.set(pid, tagged);
    return tagged;
  }
}

async function signalAll(members: FamilyFinder, signals: readonly NodeJS.Signals[]): Promise<ProcessEntry[]> {
  const entries = await members.find();
  for (const { pid } of entries) for (const signal of signals) sendSignal(pid, signal);
  return entries;
}

async function areGone(entries: readonly ProcessEntry[], patience: number): Promise<boolean> {
  const deadline = performance.now() + patience;
  for (;;) {
    if (!entries.some(({ pid }) => isAlive(pid))) return true;
    if (performance.now() >= deadline) return false;
    await sleep(LOOK_EVERY);
  }
}

/** A zombie counts as gone: in a container there may be no parent that reaps it. */
function isAlive(pid: number): boolean {
  return sendSignal(pid, 0) && !readProcess(pid)?.zombie;
}

function descendantsOf(leader: number, all: readonly ProcessEntry[]): Set<number> {
  const members = new Set(
    all.filter((entry) => entry.session === leader || entry.pid === leader).map((entry) => entry.pid),
  );
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const entry of all) if (members.has(entry.parent)) members.add(entry.pid);
  }
  return members;
}
