import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { listProcesses } from "../../../src/workspace/local/process-table.ts";
import { openTerminal, textOf, WHEN_SILENT } from "./open-terminal.ts";

function descriptors(): number {
  return readdirSync("/proc/self/fd").length;
}

/** A folder for temporary files that no other test writes to. */
function ownTemporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "leaks-"));
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function countOf(argument: string): number {
  const lines = execFileSync("ps", ["-A", "-o", "args="], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line === argument).length;
}

it("ends background jobs, detached jobs and daemons with the terminal", async () => {
  const terminal = await openTerminal();
  await terminal.run("sleep 7771 & nohup sleep 7771 >/dev/null 2>&1 & (setsid sleep 7771 &) ; disown -a", {
    timeout: 5,
  });
  await terminal.run(
    "bash -c 'trap \"\" TERM HUP; setsid sleep 7771 & sleep 7771 & while :; do sleep 1; done' & true",
    {
      timeout: 5,
    },
  );
  await expect.poll(() => countOf("sleep 7771")).toBe(5);
  await terminal.run("sleep 7771", WHEN_SILENT);
  await terminal.close();
  expect(countOf("sleep 7771")).toBe(0);
});

it("can be closed while a command runs, before it was used and twice", async () => {
  const unused = await openTerminal();
  await unused.close();
  const terminal = await openTerminal();
  const running = terminal.run("sleep 7772", { timeout: 60 });
  await expect.poll(() => countOf("sleep 7772")).toBe(1);
  await terminal.close();
  const answer = await running;
  expect(answer).toMatchObject({ is_error: true, exit_code: -1, command: "sleep 7772" });
  expect(textOf(answer)).toBe("[The terminal was closed while the command was running.]");
  await terminal.close();
  expect(countOf("sleep 7772")).toBe(0);
  await expect(terminal.run("true")).rejects.toThrow("closed");
});

it("opened and closed many times leaves no process, descriptor or file", async () => {
  const folder = ownTemporaryFolder();
  const terminalFolders = () => readdirSync(folder).filter((name) => name.startsWith("agent-terminal-"));
  const own = async () => (await listProcesses()).filter((entry) => entry.parent === process.pid).length;
  const warm = await openTerminal();
  await warm.run("true");
  await warm.close();
  const before = { processes: await own(), descriptors: descriptors(), folders: terminalFolders().length };
  for (let round = 0; round < 4; round += 1) {
    const terminals = await Promise.all(Array.from({ length: 10 }, () => openTerminal()));
    await Promise.all(
      terminals.map((terminal) => terminal.run("seq 1 20000; sleep 7773 & sleep 7773", { timeout: 1 })),
    );
    await Promise.all(terminals.map((terminal) => terminal.close()));
  }
  expect(countOf("sleep 7773")).toBe(0);
  expect({ processes: await own(), descriptors: descriptors(), folders: terminalFolders().length }).toEqual(
    before,
  );
});

it("ends with a server that is killed, and leaves no file", async () => {
  const folder = ownTemporaryFolder();
  const moduleOf = (path: string) => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
  const script = `
    import { SecretRegistry } from ${moduleOf("secrets/secret-registry.ts")};
    import { terminalTool } from ${moduleOf("tools/terminal/terminal-tool.ts")};
    import { localWorkspace } from ${moduleOf("workspace/local/local-workspace.ts")};
    const workspace = await localWorkspace()({ workingDir: "/", dataDir: "/nowhere" });
    const host = { workspace, params: {}, secrets: new SecretRegistry() };
    const input = { command: "sleep 7774 & sleep 7774", is_input: false, timeout: 0.2, reset: false };
    const executor = await terminalTool.open(host);
    await executor.run(input, { toolCallId: "", signal: new AbortController().signal });
    process.kill(process.pid, "SIGKILL");`;
  const server = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(server.signal).toBe("SIGKILL");
  await expect.poll(() => countOf("sleep 7774")).toBe(0);
  await expect.poll(() => readdirSync(folder)).toEqual([]);
});
