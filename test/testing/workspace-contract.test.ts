import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { workspaceContract } from "agent-server/testing";
import { afterEach, expect, it } from "vitest";
import { localWorkspace } from "../../src/workspace/local/local-workspace.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { openLocal, temporaryDirectory } from "../workspace/open-local.ts";

/** What ends the processes that a fault leaves, once the check has looked. */
const leftovers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of leftovers.splice(0)) await end();
});

/** Workspaces that break one promise each, with the check that finds it. */
const FAULTS: Record<string, (workspace: Workspace) => Partial<Workspace>> = {
  "replaces a file whole: what was opened before stays readable": ({ files }) => ({
    files: { ...files, write: async (path, content) => writeFile(path, content) },
  }),
  "keeps permissions, and creates new files with the requested mode": ({ files }) => ({
    files: { ...files, write: (path, content) => files.write(path, content) },
  }),
  "lists folders sorted by name, up to a limit": ({ files }) => ({
    files: { ...files, list: (path) => files.list(path) },
  }),
  "reads no more than the requested size": ({ files }) => ({
    files: { ...files, read: (path, { maxBytes: _, ...range } = {}) => files.read(path, range) },
  }),
  "passes arguments on as they are": (workspace) => ({
    run: (argv, options) => workspace.run(["sh", "-c", argv.join(" ")], options),
  }),
  "adds variables to its own environment, and shows none of the server's": (workspace) => ({
    run: (argv, options) =>
      workspace.run(argv, { ...options, env: { ...serverEnvironment(), ...options?.env } }),
  }),
  "ends the whole process group at the timeout and keeps the output so far": (workspace) => ({
    run: (argv, options) =>
      options?.timeout === undefined
        ? workspace.run(argv, options)
        : endingOnlyTheProgram(argv, workspace.info.workingDir, options.timeout),
  }),
  "keeps variables, functions and the folder between commands": (workspace) => ({
    async terminal(options) {
      const terminal = await workspace.terminal(options);
      const run = terminal.run.bind(terminal);
      terminal.run = (command, exports) => run(`(${command}\n)`, exports);
      return terminal;
    },
  }),
  "leaves no process when it is closed": (workspace) => ({
    async terminal(options) {
      const terminal = await workspace.terminal(options);
      leftovers.push(terminal.close.bind(terminal));
      terminal.close = async () => {};
      return terminal;
    },
  }),
};

function serverEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? ""]));
}

async function endingOnlyTheProgram(
  [program, ...rest]: readonly [string, ...string[]],
  cwd: string,
  timeout: number,
) {
  const child = spawn(program, rest, { cwd, stdio: "ignore", detached: true });
  await new Promise((resolve) => setTimeout(resolve, timeout));
  child.kill("SIGKILL");
  leftovers.push(async () => void process.kill(-Number(child.pid), "SIGKILL"));
  const result = { exitCode: null, signal: "SIGKILL", stdout: "started\n", stderr: "", truncated: false };
  return { ...result, outcome: "timed_out" as const };
}

it.each(Object.entries(FAULTS))("finds a workspace that fails in this: %s", async (name, fault) => {
  const create = async (): Promise<Workspace> => {
    const inner = await openLocal();
    const whole: Workspace = {
      info: inner.info,
      files: inner.files,
      run: (argv, options) => inner.run(argv, options),
      terminal: (options) => inner.terminal(options),
      close: () => inner.close(),
    };
    return { ...whole, ...fault(inner) };
  };
  const check = workspaceContract(create).find((each) => each.name === name);
  await expect(check?.run()).rejects.toThrow();
});

it("asks nothing of terminals where there are none", async () => {
  const workingDir = await temporaryDirectory();
  const create = () =>
    localWorkspace()({ conversationId: "", workingDir, dataDir: workingDir, requested: {} });
  const names = workspaceContract(create, { terminal: false }).map(({ name }) => name);
  expect(names).toContain("passes arguments on as they are");
  expect(names).not.toContain("leaves no process when it is closed");
});
