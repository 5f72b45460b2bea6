import assert from "node:assert/strict";
import type { Workspace } from "../../workspace/workspace.ts";
import type {
  CommandEnd,
  TerminalOptions,
  WaitOptions,
  WaitOutcome,
  WorkspaceTerminal,
} from "../../workspace/workspace-terminal.ts";
import { assertFails, assertStill, BEATING, inside, untilBeating, type WorkspaceCheck } from "./check.ts";

const LONG = 20_000;

/** A terminal and the text it has printed. */
interface Printed {
  terminal: WorkspaceTerminal;
  /** Runs a command to its end. Resolves to its output. */
  output(command: string, exports?: Record<string, string>): Promise<string>;
}

async function open(workspace: Workspace, options: Partial<TerminalOptions> = {}): Promise<Printed> {
  let text = "";
  const terminal = await workspace.terminal({
    ...options,
    onStart: () => {
      text = "";
    },
    onText: (piece) => {
      text += piece;
    },
  });
  return {
    terminal,
    async output(command, exports) {
      await terminal.run(command, exports);
      assert.equal(await terminal.wait({ timeout: LONG }), "ended", command);
      return (text + terminal.pendingText).trim();
    },
  };
}

function exitCodeOf(end: CommandEnd | null): number | undefined {
  return end?.exitCode;
}

/** Waits until the program of the terminal reads, or some time is over where the workspace cannot know that. */
async function untilReading(terminal: WorkspaceTerminal): Promise<void> {
  const outcome = await terminal.wait({ timeout: LONG, quiet: 1000, input: true });
  assert.ok(outcome === "input" || outcome === "quiet", outcome);
}

export const TERMINAL_CHECKS: Record<string, WorkspaceCheck> = {
  "runs commands of any number of lines in a terminal, with quotes and heredocs": async (workspace) => {
    const { terminal, output } = await open(workspace);
    assert.equal(await output(`printf '%s\\n' "it's" 'two words' '$HOME'`), "it's\ntwo words\n$HOME");
    assert.equal(
      await output("for n in 1 2; do\n  echo line $n\ndone\ncat <<'END'\nlast $HOME\nEND"),
      "line 1\nline 2\nlast $HOME",
    );
    assert.equal(await output("echo Grüße 漢字"), "Grüße 漢字");
    assert.equal(terminal.state, "idle");
  },

  "reports the exit code and the folder after each command": async (workspace) => {
    await workspace.files.makeFolder(inside(workspace, "sub folder"));
    const { terminal, output } = await open(workspace);
    await output("true");
    assert.equal(exitCodeOf(terminal.end), 0);
    assert.equal(terminal.workingDir, await workspace.files.realPath(workspace.info.workingDir));
    await output("cd 'sub folder'; (exit 7)");
    assert.equal(exitCodeOf(terminal.end), 7);
    assert.equal(terminal.end?.kind, "prompt");
    assert.equal(terminal.workingDir, await workspace.files.realPath(inside(workspace, "sub folder")));
  },

  "keeps variables, functions and the folder between commands": async (workspace) => {
    const { output } = await open(workspace);
    await output("cd /; greeting=hello; greet() { echo $greeting $1; }");
    assert.equal(await output("greet you; pwd"), "hello you\n/");
  },

  "passes the exports and the added variables to commands": async (workspace) => {
    const value = 'it\'s a "value" with $HOME\nin two lines';
    const { output } = await open(workspace, { env: { ADDED: "by name" } });
    assert.equal(await output("printenv ADDED; printenv SECRET", { SECRET: value }), `by name\n${value}`);
    assert.equal(await output("env | grep -c ^PATH="), "1");
  },

  "starts in the requested folder, which must exist": async (workspace) => {
    const { output } = await open(workspace, { cwd: "/" });
    assert.equal(await output("pwd"), "/");
    await assertFails(open(workspace, { cwd: inside(workspace, "missing") }), "not_a_directory");
  },

  "lets a program read what is typed": async (workspace) => {
    const { terminal } = await open(workspace);
    await terminal.run(`read -r answer; printf '%s' "$answer" >answer`);
    await untilReading(terminal);
    assert.equal(terminal.state, "running");
    assert.equal(terminal.end, null);
    terminal.write("some words\r");
    assert.equal(await terminal.wait({ timeout: LONG }), "ended");
    const answer = await workspace.files.read(inside(workspace, "answer"));
    assert.equal(new TextDecoder().decode(answer), "some words");
  },

  "waits no longer than requested and leaves the command running": async (workspace) => {
    const { terminal, output } = await open(workspace);
    const cases: [WaitOptions, WaitOutcome][] = [
      [{ timeout: 100 }, "timeout"],
      [{ timeout: LONG, quiet: 200 }, "quiet"],
      [{ timeout: LONG, signal: AbortSignal.timeout(100) }, "aborted"],
    ];
    await terminal.run("sleep 600");
    for (const [options, outcome] of cases) assert.equal(await terminal.wait(options), outcome);
    await assert.rejects(terminal.run("echo second"));
    assert.equal(terminal.state, "running");
    await terminal.interrupt();
    assert.equal(terminal.state, "idle");
    assert.notEqual(exitCodeOf(terminal.end), 0);
    assert.equal(await output("echo next"), "next");
  },

  "comes back from a command that prints without end": async (workspace) => {
    const { terminal } = await open(workspace);
    await terminal.run("yes");
    assert.equal(await terminal.wait({ timeout: LONG, flood: 100_000 }), "flood");
    await terminal.interrupt();
    assert.equal(terminal.state, "idle");
  },

  "stops a command that ignores the polite signals": async (workspace) => {
    const { terminal, output } = await open(workspace);
    await terminal.run(`bash -c "trap '' INT TERM; while :; do sleep 0.1; done"`);
    await terminal.wait({ timeout: 500 });
    await terminal.interrupt();
    assert.notEqual(terminal.state, "running");
    if (terminal.state === "idle") assert.equal(await output("echo next"), "next");
  },

  "reports that the shell has exited": async (workspace) => {
    const { terminal } = await open(workspace);
    await terminal.run("exit 4");
    assert.equal(await terminal.wait({ timeout: LONG }), "ended");
    assert.deepEqual(terminal.end, { kind: "shell_exit", exitCode: 4 });
    assert.equal(terminal.state, "exited");
    terminal.write("ignored\r");
    await assert.rejects(terminal.run("echo again"));
  },

  "leaves no process when it is closed": async (workspace) => {
    const { terminal, output } = await open(workspace);
    await output(`nohup bash -c "${BEATING.replaceAll('"', '\\"')}" >/dev/null 2>&1 & disown`);
    await untilBeating(workspace);
    await terminal.run("sleep 600");
    await terminal.close();
    await terminal.close();
    await assertStill(workspace);
  },

  "is closed with the workspace": async (workspace) => {
    const { terminal } = await open(workspace);
    await terminal.run("sleep 600");
    await workspace.close();
    await terminal.wait({ timeout: LONG });
    assert.equal(terminal.state, "exited");
  },
};
