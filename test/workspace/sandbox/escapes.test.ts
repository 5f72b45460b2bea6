import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown, copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Workspace } from "../../../src/workspace/workspace.ts";
import { openLocal, temporaryDirectory } from "../open-local.ts";
import { MISSING, type OpenSandbox, openSandbox } from "./open-sandbox.ts";

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

interface Attempt {
  name: string;
  /** A shell script; `$1`, `$2`, … are `parameters`. It succeeds when it exits with 0. */
  script: string;
  parameters?: (machine: Machine) => string[] | Promise<string[]>;
  options?: OpenSandbox;
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

/** A server of lines on the loopback interface. */
async function listen(): Promise<string> {
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
  { name: "read the password hashes or list the home folder of root", script: "cat /etc/shadow || ls /root" },
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
    parameters: async () => [await listen()],
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
    script: "i=0; while [ $i -lt 100 ]; do sleep 3 >/dev/null 2>&1 & i=$((i+1)); done",
    options: { limits: { processes: 40 } },
  },
  {
    name: "take more memory than allowed",
    script: "head -c 300000000 /dev/zero | tail -c 200000000 | wc -c | grep 200000000",
    options: { limits: { memoryBytes: 100 * MIB } },
  },
  {
    name: "fill the memory behind /tmp",
    script: 'f="/tmp/fill-$$"; head -c 60000000 /dev/zero >"$f"; s=$?; rm -f "$f"; exit $s',
    options: { limits: { memoryBytes: 200 * MIB } },
  },
  {
    name: "fill the disk with one file",
    script: "head -c 30000000 /dev/zero >big",
    options: { limits: { fileBytes: 10 * MIB } },
  },
  {
    name: "keep the processor for longer than allowed",
    script: "timeout 4 sh -c 'while :; do :; done'; test $? = 124",
    options: { limits: { cpuSeconds: 1 } },
  },
];

async function succeeds(
  workspace: Workspace,
  script: string,
  parameters: readonly string[],
): Promise<boolean> {
  const { exitCode } = await workspace.run(["sh", "-c", script, "sh", ...parameters], { timeout: 15_000 });
  return exitCode === 0;
}

describe.skipIf(MISSING)("a program in a sandbox cannot", () => {
  for (const { name, script, parameters = () => [], options, needsRoot } of ATTEMPTS) {
    it.skipIf(needsRoot && !isRoot)(name, async () => {
      const machine = await openMachine();
      const given = await parameters(machine);
      const inside = await openSandbox({ ...options, folder: machine.folder });
      expect(await succeeds(inside, "true", [])).toBe(true);
      expect(await succeeds(inside, script, given)).toBe(false);
      // The same succeeds without a sandbox, so that the failure is the sandbox's doing.
      const outside = await openLocal({ workingDir: join(machine.folder, "projects/one") });
      expect(await succeeds(outside, script, given)).toBe(true);
    });
  }
});

describe.skipIf(MISSING)("a sandbox", () => {
  it("shares the network of the machine when it is asked to", async () => {
    const workspace = await openSandbox({ network: "host" });
    const script = 'bash -c "exec 3<>/dev/tcp/127.0.0.1/$1 && grep canary <&3"';
    expect(await succeeds(workspace, script, [await listen()])).toBe(true);
  });

  it("survives a fork bomb, and takes it along when it ends", async () => {
    const workspace = await openSandbox({ limits: { processes: 60 } });
    const bomb = await workspace.run(["bash", "-c", ":(){ :|:& };:; sleep 60"], {
      timeout: 2000,
      maxBytes: 1000,
    });
    expect(bomb.outcome).toBe("timed_out");
    expect((await workspace.run(["echo", "alive"])).stdout).toBe("alive\n");
  });

  it("shows the listed folders, writable or not, and no others", async () => {
    const [readOnly, writable] = [await temporaryDirectory(), await temporaryDirectory()];
    await writeFile(join(readOnly, "file"), "shown");
    const workspace = await openSandbox({ readOnly: [readOnly], writable: [writable] });
    const script = 'cat "$1/file" && echo x >"$2/made" && ! echo x >"$1/made"';
    expect(await succeeds(workspace, script, [readOnly, writable])).toBe(true);
  });

  it("is not opened where a listed folder would lose its guard", async () => {
    const folder = await temporaryDirectory();
    const shared = join(folder, "projects", "shared");
    await mkdir(join(folder, "projects", "one", "a", "kept"), { recursive: true });
    await mkdir(join(shared, "sub"), { recursive: true });
    const kept = join(folder, "projects", "one", "a", "kept");
    await expect(openSandbox({ folder, name: "shared/sub", readOnly: [shared] })).rejects.toThrow(
      "which is read-only",
    );
    await expect(openSandbox({ folder, readOnly: [kept] })).rejects.toThrow("lies too deep");
    await expect(openSandbox({ writable: ["/tmp"] })).rejects.toThrow("a sandbox cannot show");
  });

  it("obeys no variable outside that a caller adds for a program", async () => {
    const workspace = await openSandbox();
    const env = { LD_DEBUG: "files", LD_DEBUG_OUTPUT: join(workspace.info.workingDir, "loader") };
    await workspace.run(["/usr/bin/true"], { env });
    // Only programs inside have loaded anything with it: the one, whose number there is small.
    const { entries } = await workspace.files.list(workspace.info.workingDir);
    expect(entries.map(({ name }) => name)).toEqual(["loader.2"]);
  });

  it("keeps its folders in place: none is replaced by a link", async () => {
    const workspace = await openSandbox();
    const { info, files } = workspace;
    await workspace.run(["ln", "-s", "/etc", "link"]);
    for (const folder of [info.home, info.temporaryDir, info.workingDir]) {
      const denied = { code: "permission_denied" };
      await expect(files.remove(folder, { recursive: true })).rejects.toMatchObject(denied);
      await expect(files.move(`${info.workingDir}/link`, folder)).rejects.toMatchObject(denied);
    }
  });

  it("keeps the home folder and $TMPDIR between commands, and passes values of any size and kind", async () => {
    const workspace = await openSandbox();
    await workspace.run(["sh", "-c", 'echo home >"$HOME/a"; echo temporary >"$TMPDIR/b"']);
    expect((await workspace.run(["sh", "-c", 'cat "$HOME/a" "$TMPDIR/b"'])).stdout).toBe("home\ntemporary\n");
    const value = `it's "$HOME" \\ \n${"x".repeat(50_000)}`;
    const env = Object.fromEntries(Array.from({ length: 5 }, (_, index) => [`V${index}`, value]));
    const { stdout } = await workspace.run(["sh", "-c", 'printf %s "$V0$V4"'], { env });
    expect(stdout).toBe(value + value);
  });
});
