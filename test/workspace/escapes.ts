import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SandboxLimits } from "../../src/workspace/sandbox/sandbox-options.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { openLocal, temporaryDirectory } from "./open-local.ts";

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

interface Attempt {
  name: string;
  /** A shell script; `$1`, `$2`, … are `parameters`. It succeeds when it exits with 0. */
  script: string;
  parameters?: (machine: Machine) => string[] | Promise<string[]>;
  limits?: SandboxLimits;
  needsRoot?: boolean;
}

/** A folder with the server's files in `state`, and two conversations. */
interface Machine {
  folder: string;
  /** A stand-in for the server: a process that holds a key in its environment. */
  victim: ChildProcess;
}

async function openMachine(): Promise<Machine> {
  const folder = await temporaryDirectory();
  await mkdir(join(folder, "state/other"), { recursive: true });
  await mkdir(join(folder, "projects/other"), { recursive: true });
  await mkdir(join(folder, "projects/one"), { recursive: true });
  await writeFile(join(folder, "state/agent-server.db"), "canary");
  await writeFile(join(folder, "state/other/notes"), "canary");
  await writeFile(join(folder, "projects/other/notes"), "canary");
  await symlink(join(folder, "state/agent-server.db"), join(folder, "projects/one/link"));
  const victim = spawn("sleep", ["600"], { env: { PATH: process.env.PATH, OH_SECRET_KEY: "canary" } });
  onTestFinished(() => void victim.kill("SIGKILL"));
  return { folder, victim };
}

/** Listens with a server of lines on the loopback interface. */
export async function listenForLines(): Promise<string> {
  const server = createServer((socket) => socket.on("error", () => {}).end("canary\n")).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((done) => server.once("listening", done));
  onTestFinished(() => void server.close());
  return String((server.address() as { port: number }).port);
}

async function listenOnPath({ folder }: Machine): Promise<string> {
  const path = join(folder, "server.sock");
  const server = createServer((socket) => socket.on("error", () => {}).end("canary\n")).listen(path);
  await new Promise((done) => server.once("listening", done));
  onTestFinished(() => void server.close());
  return path;
}

const pidOf = ({ victim }: Machine) => [String(victim.pid)];
const inFolder = (name: string) => (machine: Machine) => [join(machine.folder, name)];

const ATTEMPTS: Attempt[] = [
  { name: "read the database", script: 'cat "$1"', parameters: inFolder("state/agent-server.db") },
  { name: "read another conversation's data", script: 'cat "$1"', parameters: inFolder("state/other/notes") },
  {
    name: "read another conversation's folder",
    script: 'cat "$1"',
    parameters: inFolder("projects/other/notes"),
  },
  { name: "read through a link that leads out", script: "cat link" },
  { name: "write outside", script: 'echo x >"$1"', parameters: inFolder("projects/other/made") },
  {
    name: "read the password hashes of the machine",
    script: 'grep -qxF -- "$1" /etc/shadow',
    parameters: async () => (await readFile("/etc/shadow", "utf8")).split("\n").slice(0, 1),
    needsRoot: true,
  },
  {
    name: "list the home folder of root",
    script: 'ls /root/"$1"',
    parameters: async () => {
      const path = await mkdtemp("/root/canary-");
      onTestFinished(() => rm(path, { recursive: true }));
      return [basename(path)];
    },
    needsRoot: true,
  },
  {
    name: "read the key in the environment of a process",
    script: "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep '^OH_SECRET_KEY=canary'",
  },
  { name: "look into the memory of a process", script: 'cat "/proc/$1/maps"', parameters: pidOf },
  { name: "end a process of the server", script: 'kill -KILL "$1"', parameters: pidOf },
  {
    name: "reach a socket of the server on the disk",
    script: "perl -MIO::Socket::UNIX -e 'exit !IO::Socket::UNIX->new(Peer => $ARGV[0])' \"$1\"",
    parameters: async (machine) => [await listenOnPath(machine)],
  },
  {
    name: "reach the network of the machine",
    script: 'bash -c "exec 3<>/dev/tcp/127.0.0.1/$1 && grep canary <&3"',
    parameters: async () => [await listenForLines()],
  },
  {
    name: "become another user by a setuid program",
    script: 'test "$(./setuid -u)" = 65534',
    parameters: async ({ folder }) => {
      const path = join(folder, "projects/one/setuid");
      await copyFile("/usr/bin/id", path);
      await chown(path, 65534, 65534);
      await chmod(path, 0o4755);
      return [];
    },
    needsRoot: true,
  },
  { name: "gain privileges by exec", script: "grep -q 'NoNewPrivs:.0' /proc/self/status" },
  { name: "make a user namespace with its capabilities", script: "unshare -Ur true" },
  {
    name: "read private keys of the system, or change the settings of the kernel",
    script: "test -d /etc/ssl/private -o -w /proc/sys/kernel/core_pattern",
    needsRoot: true,
  },
  { name: "change the programs of the system", script: "test -w /usr/bin -o -w /etc", needsRoot: true },
  {
    name: "start more processes than allowed",
    script: "i=0; while [ $i -lt 100 ]; do sleep 20 >/dev/null 2>&1 & i=$((i+1)); done",
    limits: { processes: 40 },
  },
  {
    name: "take more memory than allowed",
    script: "head -c 300000000 /dev/zero | tail -c 200000000 | wc -c | grep 200000000",
    limits: { memoryBytes: 100 * MIB },
  },
  {
    name: "fill the memory behind /tmp",
    script: 'f="/tmp/fill-$$"; head -c 60000000 /dev/zero >"$f"; s=$?; rm -f "$f"; exit $s',
    limits: { memoryBytes: 200 * MIB },
  },
  {
    name: "fill the disk with one file",
    script: "head -c 30000000 /dev/zero >big",
    limits: { fileBytes: 10 * MIB },
  },
  {
    name: "keep the processor for longer than allowed",
    // Counts its own time of the processor, of which a busy machine gives little in a second.
    script: `sh -c 'while :; do
      i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done
      set -- $(cat /proc/$$/stat); [ $((\${14} + \${15})) -lt 200 ] || exit 0
    done'`,
    limits: { cpuSeconds: 1 },
  },
];

export async function succeeds(
  workspace: Workspace,
  script: string,
  parameters: readonly string[],
): Promise<boolean> {
  const { exitCode } = await workspace.run(["sh", "-c", script, "sh", ...parameters], { timeout: 45_000 });
  return exitCode === 0;
}

export interface EscapeOptions {
  /** The kind of place, such as "sandbox". */
  place: string;
  /** Why there is none on this machine. Default: there is. */
  missing: string | undefined;
  /** Opens `projects/one` of the folder, with data below `state`. */
  open(options: { folder: string; limits?: SandboxLimits }): Promise<Workspace>;
}

/** Declares the tests that a program cannot get out, and that it could without the place. */
export function describeEscapes({ place, missing, open }: EscapeOptions): void {
  describe.skipIf(missing)(`a program in a ${place} cannot`, () => {
    for (const { name, script, parameters = () => [], limits, needsRoot } of ATTEMPTS) {
      it.skipIf(needsRoot && !isRoot)(name, { timeout: 100_000 }, async () => {
        const machine = await openMachine();
        const given = await parameters(machine);
        const inside = await open({ folder: machine.folder, ...(limits && { limits }) });
        expect(await succeeds(inside, "true", [])).toBe(true);
        expect(await succeeds(inside, script, given)).toBe(false);
        // The same succeeds without it, so that the failure is its doing.
        const outside = await openLocal({ workingDir: join(machine.folder, "projects/one") });
        expect(await succeeds(outside, script, given)).toBe(true);
      });
    }
  });
}
