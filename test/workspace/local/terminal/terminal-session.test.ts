import { chmod, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { WorkspaceTerminal } from "../../../../src/workspace/workspace-terminal.ts";
import { openLocal, temporaryDirectory } from "../../open-local.ts";

async function openTerminal() {
  let text = "";
  const workspace = await openLocal();
  const terminal = await workspace.terminal({
    onText: (piece) => {
      text += piece;
    },
  });
  const output = async (command: string) => {
    text = "";
    await terminal.run(command);
    await untilEnded(terminal);
    return text + terminal.pendingText;
  };
  return { terminal, output };
}

async function untilEnded(terminal: WorkspaceTerminal): Promise<void> {
  expect(await terminal.wait({ timeout: 15_000 })).toBe("ended");
}

it("a program that knows the nonce of the shell cannot fake the end of its command", async () => {
  const { terminal, output } = await openTerminal();
  expect(await output('cat "$__agent_dir"/* 2>&1')).toBe("");
  const nonce = (await output("declare -f __agent_prompt")).match(/7717;([0-9a-f]{24});/)?.[1];
  expect(nonce).toBeDefined();
  const forged = `\\033c\\033]7717;${nonce};P;1;0;-1;;/forged\\007`;
  await terminal.run(`sh -c "printf '${forged}' >/dev/tty; sleep 0.3; exit 3"`);
  await untilEnded(terminal);
  expect(terminal.end).toMatchObject({ exitCode: 3 });
  expect(terminal.workingDir).not.toBe("/forged");
});

it("a folder of the shell that others have taken over ends the shell and gets no command", async () => {
  const folder = await temporaryDirectory();
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { terminal, output } = await openTerminal();
  await output("true");
  const name = (await readdir(folder)).find((entry) => entry.startsWith("agent-terminal-"));
  const path = join(folder, name ?? "missing");
  await rm(path, { recursive: true });
  // Gone, as after a clean-up of temporary files, it is made again.
  expect((await output("echo again")).trim()).toBe("again");
  await rm(path, { recursive: true });
  await mkdir(path);
  await chmod(path, 0o777);
  await expect(terminal.run("echo $SECRET", { SECRET: "value" })).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(terminal.state).toBe("exited");
});
