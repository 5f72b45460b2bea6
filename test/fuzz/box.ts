import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");

export interface BoxOptions {
  /** The only folder of this machine that can be changed inside. */
  folder: string;
  /** Folders that are seen as they are, though they lie in a folder of which nothing is seen, as `/tmp`. */
  shown: readonly string[];
}

/** As root bubblewrap takes every right away; Postgres needs these to run as another user. */
const RIGHTS_OF_ROOT = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"];

/** Arguments of bubblewrap: a machine without a network whose files cannot be changed, and with processes of its own. */
export function boxArguments({ folder, shown }: BoxOptions): string[] {
  const rights = process.getuid?.() === 0 ? RIGHTS_OF_ROOT : [];
  return [
    ...["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent"],
    ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
    // Sockets of other programs could be connected to, however little can be written.
    ...["/tmp", "/run", "/var/tmp"].flatMap((hidden) => ["--tmpfs", hidden]),
    ...[root, ...shown].flatMap((path) => ["--ro-bind", path, path]),
    ...["--bind", folder, folder],
    ...rights.flatMap((right) => ["--cap-add", `CAP_${right}`]),
  ];
}

/** Why no box can be made on this machine; undefined if it can. */
export async function whyNoBox(options: BoxOptions): Promise<string | undefined> {
  try {
    await run("bwrap", [...boxArguments(options), "true"]);
    return undefined;
  } catch (error) {
    return `bubblewrap cannot be used: ${String(error).slice(0, 500)}`;
  }
}

/** Runs a command in the box, with the streams of this process. Returns its exit code, 1 for one that was killed. */
export async function runInBox(options: BoxOptions, command: readonly string[]): Promise<number> {
  const child = spawn("bwrap", [...boxArguments(options), ...command], { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill("SIGKILL"));
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
