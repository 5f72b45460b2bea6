import { readdir, readFile, readlink } from "node:fs/promises";

/** What a process holds that it must give back. */
interface Holdings {
  /** Types of what keeps the event loop alive, with their number. Timers are left out: test runners have many. */
  handles: Map<string, number>;
  /** Process ids with their command lines. Linux only. */
  children: Map<string, string>;
  /** Descriptors with what they point to; sockets are among the handles. Linux only. */
  descriptors: Map<string, string>;
}

/** A watch over what the process holds. */
export interface LeakCheck {
  /** Rejects with an error that names what is still held, if it stays so for two seconds. */
  assertNone(): Promise<void>;
}

const PATIENCE = 2_000;
const PAUSE = 20;
const PASSING = /^(FSReqPromise|FSReqCallback|Timeout|Immediate|TickObject|CloseReq|GetAddrInfoReqWrap)$/;

/** Remembers what the process holds now. What others open in the same process counts too. */
export async function watchLeaks(): Promise<LeakCheck> {
  const before = await holdings();
  return {
    async assertNone() {
      const deadline = performance.now() + PATIENCE;
      let leaks = findLeaks(before, await holdings());
      while (leaks.length > 0 && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
        leaks = findLeaks(before, await holdings());
      }
      if (leaks.length > 0) throw new Error(`left behind:\n  ${leaks.join("\n  ")}`);
    },
  };
}

async function holdings(): Promise<Holdings> {
  const handles = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    if (!PASSING.test(type)) handles.set(type, (handles.get(type) ?? 0) + 1);
  }
  return { handles, children: await children(), descriptors: await descriptors() };
}

function findLeaks(before: Holdings, now: Holdings): string[] {
  const handles = [...now.handles].flatMap(([type, count]) => {
    const more = count - (before.handles.get(type) ?? 0);
    return more > 0 ? [`${more} handle${more > 1 ? "s" : ""} of type ${type}`] : [];
  });
  const processes = [...now.children].flatMap(([pid, command]) =>
    before.children.has(pid) ? [] : [`process ${pid}: ${command}`],
  );
  const files = [...now.descriptors].flatMap(([number, target]) =>
    before.descriptors.get(number) === target ? [] : [`descriptor ${number}: ${target}`],
  );
  return [...handles, ...processes, ...files];
}

async function children(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (parent !== process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    found.set(pid, command.replaceAll("\0", " ").trim() || stat.slice(0, stat.lastIndexOf(")") + 1));
  }
  return found;
}

async function descriptors(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const number of await readdir("/proc/self/fd").catch(() => [])) {
    const target = await readlink(`/proc/self/fd/${number}`).catch(() => "");
    if (/^\/(?!proc\/)|^pipe:/.test(target)) found.set(number, target);
  }
  return found;
}
