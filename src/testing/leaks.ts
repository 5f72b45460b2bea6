import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/** Resources of a process that must be released. */
interface Holdings {
  /** Number of resources that keep the event loop alive, by type. Timers are left out: test runners have many. */
  handles: Map<string, number>;
  /** Command lines of child processes, by process id. Linux only. */
  children: Map<string, string>;
  /** Targets of open file descriptors, by number. Sockets count as handles. Linux only. */
  descriptors: Map<string, string>;
}

/** A comparison of the resources of this process with those at an earlier time. */
export interface LeakCheck {
  /**
   * Waits up to two seconds until no additional resource is open.
   *
   * @throws Error that names each handle, process and descriptor that is still open.
   */
  assertNone(): Promise<void>;
}

const PATIENCE_MS = 2_000;
const PAUSE_MS = 20;
/** Files and pipes. Node keeps `/dev/null` open from its first stream on. */
const COUNTED_TARGET = /^\/(?!proc\/|dev\/null$)|^pipe:/;
const SHORT_LIVED = /^(FSReqPromise|FSReqCallback|Timeout|Immediate|TickObject|CloseReq|GetAddrInfoReqWrap)$/;

/**
 * Records the open resources of this process. Resources that other code opens in the same process count too.
 *
 * @example
 * ```ts
 * const leaks = await watchLeaks();
 * await useTheServer();
 * await leaks.assertNone();
 * ```
 */
export async function watchLeaks(): Promise<LeakCheck> {
  openStandardStreams();
  const before = await holdings();
  return {
    async assertNone() {
      const deadline = performance.now() + PATIENCE_MS;
      let leaks = findLeaks(before, await holdings());
      while (leaks.length > 0 && performance.now() < deadline) {
        await setTimeout(PAUSE_MS);
        leaks = findLeaks(before, await holdings());
      }
      if (leaks.length > 0) throw new Error(`left behind:\n  ${leaks.join("\n  ")}`);
    },
  };
}

/** Node opens the standard streams when they are first used, which would look like a leak. */
function openStandardStreams(): void {
  void [process.stdout, process.stderr];
}

async function holdings(): Promise<Holdings> {
  const handles = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    if (!SHORT_LIVED.test(type)) handles.set(type, (handles.get(type) ?? 0) + 1);
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
  const commands = new Map<string, string>();
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (parent !== process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    commands.set(pid, command.replaceAll("\0", " ").trim() || stat.slice(0, stat.lastIndexOf(")") + 1));
  }
  return commands;
}

async function descriptors(): Promise<Map<string, string>> {
  const targets = new Map<string, string>();
  for (const number of await readdir("/proc/self/fd").catch(() => [])) {
    const target = await readlink(`/proc/self/fd/${number}`).catch(() => "");
    if (COUNTED_TARGET.test(target)) targets.set(number, target);
  }
  return targets;
}
