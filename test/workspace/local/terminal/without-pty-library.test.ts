import { existsSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { TERMINAL_CHECKS } from "../../../../src/testing/workspace-contract/terminal-checks.ts";
import { openLocal } from "../../open-local.ts";

// As on a machine that the library has no build for.
vi.mock("@lydell/node-pty", () => {
  throw new Error("no native build for this machine");
});

const LACKS_SCRIPT = process.platform !== "linux" || !existsSync("/usr/bin/script");
if (LACKS_SCRIPT) process.stderr.write("\n!!! SKIPPED: terminals of util-linux, which is not installed\n\n");

/** Runs one command in a terminal with a variable SHELL, and gives what it printed. */
async function printed(command: string, SHELL: string): Promise<string> {
  let text = "";
  const workspace = await openLocal();
  const terminal = await workspace.terminal({
    env: { SHELL },
    onText: (piece) => {
      text += piece;
    },
  });
  await terminal.run(command);
  expect(await terminal.wait({ timeout: 30_000 })).toBe("ended");
  return (text + terminal.pendingText).trim();
}

/** What is in the pipe when a flood is interrupted is shown first, which takes longer than with the library. */
const LATER = "comes back from a command that prints without end";

describe.skipIf(LACKS_SCRIPT)("a terminal without the native library", () => {
  for (const [name, check] of Object.entries(TERMINAL_CHECKS).filter(([name]) => name !== LATER)) {
    it(name, async () => {
      const workspace = await openLocal();
      await check(workspace);
      await workspace.close();
    });
  }

  it("comes back from a command that prints without end once its output is shown", async () => {
    const workspace = await openLocal();
    const terminal = await workspace.terminal({ onText: () => {} });
    await terminal.run("yes");
    expect(await terminal.wait({ timeout: 30_000, flood: 100_000 })).toBe("flood");
    await terminal.interrupt();
    expect(await terminal.wait({ timeout: 120_000 })).toBe("ended");
  }, 180_000);

  it("is a terminal of the same kind and size to programs", async () => {
    const command = "stty size; echo $TERM; test -t 0 -a -t 1 -a -t 2 && ps -o comm= -p $PPID";
    expect(await printed(command, "/bin/sh")).toBe("50 256\nxterm-256color\nscript");
  });

  it("starts whatever shell the user has, and keeps its name", async () => {
    const shell = "/usr/sbin/no login's shell";
    expect(await printed('echo "$SHELL"', shell)).toBe(shell);
  });
});
