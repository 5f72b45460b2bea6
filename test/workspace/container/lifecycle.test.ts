import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { temporaryDirectory } from "../open-local.ts";
import { NO_CONTAINERS, openContainers, TEST_OPTIONS } from "./open-container.ts";

const TIMEOUT = 90_000;

/** Containers that show a folder below `top`, running or not. */
function containersBelow(top: string, { running = false } = {}): string[] {
  const format = ["--format", "{{.Names}} {{.Mounts}}"];
  const { stdout } = spawnSync("podman", ["ps", ...(running ? [] : ["-a"]), "--no-trunc", ...format], {
    encoding: "utf8",
  });
  return stdout.split("\n").flatMap((line) => (line.includes(top) ? [line.split(" ")[0] ?? ""] : []));
}

describe.skipIf(NO_CONTAINERS)("containers of a server", { timeout: TIMEOUT }, () => {
  it("are one for each conversation, and share nothing", async () => {
    const top = await temporaryDirectory();
    const { open, machines } = openContainers(top);
    const [one, two] = [crypto.randomUUID(), crypto.randomUUID()];
    const [first, again, second] = await Promise.all([open(one, "one"), open(one, "one"), open(two, "two")]);
    expect(containersBelow(top)).toEqual([]);
    expect(machines?.stateOf(one)).toEqual({ status: "missing" });
    await Promise.all([
      first.run(["sh", "-c", "echo one >/tmp/mine"]),
      again.run(["true"]),
      second.run(["sh", "-c", "echo two >/tmp/mine"]),
    ]);
    expect(containersBelow(top)).toHaveLength(2);
    expect(machines?.stateOf(one)).toEqual({ status: "available" });
    expect((await again.run(["cat", "/tmp/mine"])).stdout).toBe("one\n");
    expect((await second.run(["cat", "/tmp/mine"])).stdout).toBe("two\n");
    const stray = await second.run(["test", "-e", first.info.workingDir]);
    expect(stray.exitCode).toBe(1);
  });

  it("stop when they are idle, when they are told to and with their server, and start again when they are used", async () => {
    const top = await temporaryDirectory();
    const { open, machines } = openContainers(top, { idleSeconds: 0.2 });
    const id = crypto.randomUUID();
    const first = await open(id);
    await first.run(["touch", "kept"]);
    await first.close();
    await expect.poll(() => containersBelow(top)).toEqual([]);
    expect(machines?.stateOf(id)).toEqual({ status: "missing" });
    const second = await open(id);
    expect((await second.run(["ls"])).stdout).toBe("kept\n");
    await machines?.stop(id);
    expect(containersBelow(top, { running: true })).toEqual([]);
    expect(await machines?.look(id)).toEqual({ status: "missing" });
    expect((await second.run(["ls"])).stdout).toBe("kept\n");
    expect(await machines?.look(id)).toEqual({ status: "available" });
    await machines?.close();
    expect(containersBelow(top, { running: true })).toEqual([]);
  });

  it("keep what programs changed in them while they are stopped, where the host allows changes", async () => {
    const top = await temporaryDirectory();
    const { open, machines } = openContainers(top, { readOnlyRoot: false });
    const id = crypto.randomUUID();
    const workspace = await open(id);
    expect((await workspace.run(["sh", "-c", "echo installed >/usr/made"])).exitCode).toBe(0);
    await machines?.stop(id);
    expect(containersBelow(top, { running: true })).toEqual([]);
    // As a server that starts again.
    const next = openContainers(top, { readOnlyRoot: false });
    expect((await (await next.open(id)).run(["cat", "/usr/made"])).stdout).toBe("installed\n");
    await machines?.remove(id);
    expect(containersBelow(top)).toEqual([]);
  });

  it("are told clearly when they end in the middle of a command, and start again with the next", async () => {
    const top = await temporaryDirectory();
    const { open } = openContainers(top);
    const workspace = await open(crypto.randomUUID());
    const running = workspace.run(["sh", "-c", "echo started >begun; sleep 60"]);
    running.catch(() => {});
    await expect.poll(() => workspace.files.stat(join(workspace.info.workingDir, "begun"))).not.toBeNull();
    spawnSync("podman", ["rm", "-f", "-t", "0", ...containersBelow(top)]);
    await expect(running).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("has ended"),
    });
    expect((await workspace.run(["cat", "begun"])).stdout).toBe("started\n");
  });

  it("end what a command started, also what has left its session", async () => {
    const top = await temporaryDirectory();
    const workspace = await openContainers(top).open(crypto.randomUUID());
    const script = "setsid sh -c 'while :; do echo x >>beat; sleep 0.05; done' >/dev/null 2>&1 & sleep 60";
    const { outcome } = await workspace.run(["sh", "-c", script], { timeout: 1500 });
    expect(outcome).toBe("timed_out");
    const look = async () => (await workspace.run(["sh", "-c", "wc -c <beat"])).stdout;
    const beats = await look();
    expect(Number(beats)).toBeGreaterThan(0);
    expect(await look()).toBe(beats);
    const { stdout } = await workspace.run(["ps", "-e", "-o", "comm="]);
    expect(stdout).not.toMatch(/setsid|grep/);
  });

  it("survive a fork bomb, and end with it", async () => {
    const top = await temporaryDirectory();
    const workspace = await openContainers(top, { limits: { processes: 60 } }).open(crypto.randomUUID());
    const bomb = await workspace.run(["bash", "-c", ":(){ :|:& };:; sleep 60"], {
      timeout: 2000,
      maxBytes: 1000,
    });
    expect(bomb.outcome).toBe("timed_out");
    expect((await workspace.run(["echo", "alive"])).stdout).toBe("alive\n");
  });

  it("refuse to start a command on a full disk, and go on when there is room", async () => {
    const top = await temporaryDirectory();
    spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", top]);
    onTestFinished(() => void spawnSync("umount", ["--lazy", top]));
    const { open, machines } = openContainers(top);
    const id = crypto.randomUUID();
    const workspace = await open(id);
    const fill = await workspace.run(["sh", "-c", "head -c 9000000 /dev/zero >big"]);
    expect([fill.exitCode, fill.stderr]).toEqual([1, expect.stringContaining("No space left")]);
    const env = { LARGE: "x".repeat(100_000) };
    await expect(workspace.run(["true"], { env })).rejects.toMatchObject({ code: "no_space" });
    await workspace.files.remove(join(workspace.info.workingDir, "big"));
    expect((await workspace.run(["sh", "-c", 'printf %s "$LARGE"'], { env })).stdout).toHaveLength(100_000);
    await workspace.close();
    await machines?.remove(id);
  });

  it("mount a working folder again that was replaced, and folders with any name that the engine takes", async () => {
    const top = await temporaryDirectory();
    const { open, machines } = openContainers(top);
    const id = crypto.randomUUID();
    for (const name of ["a b'c\"$d,e", "with:colon"]) {
      await writeFile(join(top, "x"), "");
      const workspace = await open(id, name);
      await workspace.files.write(join(workspace.info.workingDir, "made"), "here");
      expect((await workspace.run(["cat", "made"])).stdout).toBe("here");
      await workspace.close();
    }
    await rm(join(top, "projects", "with:colon"), { recursive: true });
    await mkdir(join(top, "projects", "with:colon"));
    const again = await open(id, "with:colon");
    await again.files.write(join(again.info.workingDir, "new"), "here");
    expect((await again.run(["ls"])).stdout).toBe("new\n");
    await expect(open(id, "two\nlines")).rejects.toMatchObject({ code: "invalid_path" });
    await machines?.remove(id);
    expect(containersBelow(top)).toEqual([]);
  });

  it("get the network that the host chose, and variables by no way that others can read", async () => {
    const top = await temporaryDirectory();
    const workspace = await openContainers(top, { network: "host" }).open(crypto.randomUUID());
    const waiting = "touch begun; until [ -e go ]; do sleep 0.1; done; echo $SECRET";
    const running = workspace.run(["sh", "-c", waiting], { env: { SECRET: "hunter2" } });
    const { workingDir } = workspace.info;
    await expect.poll(() => workspace.files.stat(join(workingDir, "begun"))).not.toBeNull();
    const script = "cat /proc/[0-9]*/cmdline; cat /proc/$1/environ; podman inspect $2";
    const engine = spawnSync("pgrep", ["-f", "podman exec --env AGENT_COMMAND"], { encoding: "utf8" });
    const pid = engine.stdout.split("\n")[0] ?? "";
    const seen = spawnSync("sh", ["-c", script, "sh", pid, ...containersBelow(top)], { encoding: "utf8" });
    expect(seen.stdout).toContain("AGENT_COMMAND");
    expect(seen.stdout).toContain("LC_ALL=C.UTF-8");
    expect(seen.stdout).not.toContain("hunter2");
    await workspace.files.write(join(workingDir, "go"), "");
    expect((await running).stdout).toBe("hunter2\n");
    const { stdout } = await workspace.run(["ls", "/proc/net/route"]);
    expect(stdout).toContain("route");
    expect(await workspace.files.list(join(workspace.info.dataDir, "exchange"))).toMatchObject({
      entries: [{ name: "alive" }],
    });
  });
});

describe.skipIf(NO_CONTAINERS)("containers of a server that was killed", { timeout: TIMEOUT }, () => {
  async function startedAndKilled(top: string, id: string, leaseSeconds: number): Promise<void> {
    const options = { ...TEST_OPTIONS, root: join(top, "projects"), leaseSeconds };
    const script = `
      const { containerWorkspace } = await import(process.argv[1]);
      const { id, dataDir, options } = JSON.parse(process.argv[2]);
      const open = containerWorkspace(options);
      const workspace = await open({ conversationId: id, workingDir: "one", dataDir, requested: {} });
      await workspace.run(["sh", "-c", "echo mark >/tmp/mark"]);
      const onOutput = () => console.log("ready");
      await workspace.terminal({ onText: () => {} });
      await workspace.run(["sh", "-c", "echo; sleep 600"], { env: { KEY: "secret" }, onOutput });`;
    const source = join(import.meta.dirname, "../../../src/workspace/container/container-workspace.ts");
    const given = JSON.stringify({ id, dataDir: join(top, "state", id.replaceAll("-", "")), options });
    const child: ChildProcess = spawn(
      process.execPath,
      ["--input-type=module", "-e", script, source, given],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    await once(child.stdout ?? child, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  it("are used again by a server that starts soon", async () => {
    const top = await temporaryDirectory();
    const id = crypto.randomUUID();
    await startedAndKilled(top, id, 60);
    const { open, machines } = openContainers(top, { leaseSeconds: 60 });
    expect(await machines?.look(id)).toEqual({ status: "available" });
    const workspace = await open(id);
    expect((await workspace.run(["cat", "/tmp/mark"])).stdout).toBe("mark\n");
    expect(containersBelow(top)).toHaveLength(1);
  });

  it("leave no variables of commands to the next server", async () => {
    const top = await temporaryDirectory();
    const id = crypto.randomUUID();
    await startedAndKilled(top, id, 60);
    const exchange = join(top, "state", id.replaceAll("-", ""), "exchange");
    const left = (await readdir(exchange)).filter((name) => name !== "alive");
    expect(left.length).toBeGreaterThan(1);
    // The next server begins later than that one ends, unlike this process.
    for (const name of left) await utimes(join(exchange, name), 0, 0);
    const workspace = await openContainers(top, { leaseSeconds: 60 }).open(id);
    expect(await readdir(exchange)).toEqual(["alive"]);
    expect((await workspace.run(["true"])).exitCode).toBe(0);
  });

  it("end by themselves when none does", async () => {
    const top = await temporaryDirectory();
    await startedAndKilled(top, crypto.randomUUID(), 2);
    expect(containersBelow(top)).toHaveLength(1);
    await expect.poll(() => containersBelow(top), { timeout: 30_000, interval: 500 }).toEqual([]);
  });

  it("are removed at the next start when their conversation is gone, unless another server uses them", async () => {
    const top = await temporaryDirectory();
    const { open } = openContainers(top);
    const [gone, kept, young] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    for (const id of [gone, kept, young]) await (await open(id)).run(["true"]);
    const other = await temporaryDirectory();
    await (await openContainers(other).open(gone)).run(["true"]);
    // The server that made them has not been seen for long, but for one of them.
    for (const id of [gone, kept]) {
      const alive = join(top, "state", id.replaceAll("-", ""), "exchange/alive");
      await rm(alive);
      await writeFile(alive, "x");
      await utimes(alive, 0, 0);
    }
    const next = openContainers(top, {}, async () => new Set([kept]));
    await next.machines?.close();
    const left = containersBelow(top).map((name) => name.split("-")[3]);
    expect(left.sort()).toEqual([kept, young].map((id) => id.replaceAll("-", "")).sort());
    expect(containersBelow(other)).toHaveLength(1);
  });
});
