import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { endProcessGroup } from "../../../src/workspace/local/process-group.ts";
import { readProcess } from "../../../src/workspace/local/process-table.ts";
import { runProcess } from "../../../src/workspace/local/run-process.ts";

const options = { cwd: "/", env: { PATH: "/usr/bin:/bin" }, timeout: 10_000 };

describe("a process run to its end", () => {
  it("gives its exit code and both outputs", async () => {
    const result = await runProcess(["sh", "-c", "echo out; echo err >&2; exit 3"], options);
    expect(result).toEqual({ exitCode: 3, stdout: "out\n", stderr: "err\n", timedOut: false });
  });

  it("takes its arguments as they are", async () => {
    const { stdout } = await runProcess(["printf", "%s|", "$(id)", "a b", "; ls"], options);
    expect(stdout).toBe("$(id)|a b|; ls|");
  });

  it("sees only the environment it is given", async () => {
    expect((await runProcess(["env"], { ...options, env: { PATH: "/usr/bin:/bin", A: "1" } })).stdout).toBe(
      "PATH=/usr/bin:/bin\nA=1\n",
    );
  });

  it("is killed with its children at the timeout", async () => {
    const result = await runProcess(["sh", "-c", "sleep 7781 & echo $!; wait"], { ...options, timeout: 300 });
    expect(result).toMatchObject({ exitCode: null, timedOut: true });
    await expect.poll(() => isGone(Number(result.stdout))).toBe(true);
  });

  it("is not waited for when a grandchild that left its group holds the output open", async () => {
    const result = await runProcess(["sh", "-c", "setsid sleep 5 & sleep 60"], { ...options, timeout: 300 });
    expect(result.timedOut).toBe(true);
  });

  it("keeps no more output than asked for", async () => {
    const result = await runProcess(["sh", "-c", "yes | head -c 3000000"], { ...options, maxBytes: 1000 });
    expect(result.stdout).toHaveLength(1000);
    expect(result.exitCode).toBe(0);
  });

  it("that cannot be started says why", async () => {
    const result = await runProcess(["/does/not/exist"], options);
    expect(result.exitCode).toBeNull();
    expect(result.stderr).toContain("ENOENT");
  });
});

describe("ending a process group", () => {
  it("ends those that ignore SIGTERM too", async () => {
    const child = spawn("sh", ["-c", "trap '' TERM HUP; echo ready; while :; do sleep 0.1; done"], {
      detached: true,
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(await endProcessGroup(child.pid ?? -1, { grace: 100 })).toBe(true);
    expect(child.signalCode === "SIGKILL" || (await readProcess(child.pid ?? -1))?.zombie !== false).toBe(
      true,
    );
  });

  it("that is gone is no error", async () => {
    expect(await endProcessGroup(2 ** 22 - 3)).toBe(true);
  });
});

/** Gone, or dead and only kept for a parent that does not ask. */
function isGone(pid: number): boolean {
  return readProcess(pid)?.zombie ?? true;
}
