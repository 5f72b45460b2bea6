import { getPriority } from "node:os";
import { expect, it } from "vitest";
import type { WorkspaceTerminal } from "../../../../src/workspace/workspace-terminal.ts";
import { type LocalOptions, openLocal } from "../../open-local.ts";

const PATIENCE = { timeout: 20_000 };

/** Asks a shell, and a program that it starts, for their niceness. */
async function nicenessIn(options: LocalOptions, env: Record<string, string> = {}): Promise<string[]> {
  let output = "";
  const workspace = await openLocal(options);
  const terminal: WorkspaceTerminal = await workspace.terminal({
    env,
    onText: (text) => {
      output += text;
    },
  });
  await terminal.run("ps -o ni= -p $$; ps -o ni= -p $PPID; nice");
  await terminal.wait(PATIENCE);
  return output.split("\n").map((line) => line.trim());
}

const own = String(getPriority());
const lower = String(Math.min(19, Math.max(10, getPriority())));

it("leaves the processor to the server unless the operator or the client says otherwise", async () => {
  expect(await nicenessIn({})).toEqual([lower, own, lower]);
  expect(await nicenessIn({ terminalPriority: "normal" })).toEqual([own, own, own]);
  expect(await nicenessIn({}, { OH_TERMINAL_PROCESS_PRIORITY: "none" })).toEqual([own, own, own]);
});
