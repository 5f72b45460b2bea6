import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTerminal, type Terminal, textOf, WHEN_SILENT } from "./open-terminal.ts";

const CONTINUED = "[Below is the output of the previous command.]\n";

describe("a command that takes long", () => {
  it("comes back when nothing new was printed for a while, and goes on running", async () => {
    const terminal = await openTerminal();
    const first = await terminal.run("echo begin; sleep 4; echo end", WHEN_SILENT);
    expect(first).toMatchObject({
      exit_code: -1,
      is_error: false,
      metadata: { exit_code: -1, working_dir: null },
    });
    expect(textOf(first)).toBe("begin");
    expect(first.metadata.suffix).toMatch(/^\n\[The command has no new output after 1 seconds\. /);
    const second = await terminal.run("");
    expect(second).toMatchObject({ command: "", exit_code: 0 });
    expect(textOf(second)).toBe("end");
    expect(second.metadata.prefix).toBe(CONTINUED);
  });

  it("waits as long as it prints", async () => {
    const terminal = await openTerminal({ params: { no_change_timeout_seconds: 2 } });
    const slowly = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.4; done";
    const observation = await terminal.run(slowly, WHEN_SILENT);
    expect(observation.exit_code).toBe(0);
    expect(textOf(observation)).toBe("1\n2\n3\n4\n5\n6\n7\n8");
  });

  it("with a timeout is not cut short by silence, but by the timeout", async () => {
    const terminal = await openTerminal();
    expect(await terminal.output("sleep 1.5; echo done", { timeout: 10 })).toBe("done");
    const observation = await terminal.run("sleep 20", { timeout: 1 });
    expect(observation.exit_code).toBe(-1);
    expect(observation.metadata.suffix).toMatch(/^\n\[The command timed out after 1\.0 seconds\. /);
  });

  it("keeps others from being started meanwhile", async () => {
    const terminal = await openTerminal();
    await terminal.run("sleep 20", WHEN_SILENT);
    const refused = await terminal.run("echo other");
    expect(refused).toMatchObject({ is_error: true, exit_code: -1, command: "echo other" });
    expect(refused.metadata.suffix).toContain('Your command "echo other" is NOT executed.');
  });

  it("that ended since the last look has its rest before the output of the next command", async () => {
    const terminal = await openTerminal();
    await terminal.run("sleep 2; echo rest; touch ended; (exit 5)", WHEN_SILENT);
    await untilEnded(terminal);
    expect(await terminal.output("echo next")).toBe(
      "rest\n[The previous command completed with exit code 5.]\nnext",
    );
  });

  it("that ended the shell since the last look has its rest shown too", async () => {
    const terminal = await openTerminal();
    await terminal.run("sleep 2; echo rest; touch ended; exit 5", WHEN_SILENT);
    await untilEnded(terminal);
    expect(await terminal.output("echo next")).toMatch(
      /^rest\n(exit\n)?\[The previous command completed with exit code 5\.\]\nnext$/,
    );
  });

  it("that ended since the last look takes no input", async () => {
    const terminal = await openTerminal();
    await terminal.run("sleep 2; echo rest; touch ended", WHEN_SILENT);
    await untilEnded(terminal);
    const observation = await terminal.run("touch typed", { is_input: true });
    expect(textOf(observation)).toBe("rest");
    expect(observation.metadata.suffix).toContain("before the input could be sent");
    expect(await terminal.output("ls")).toBe("ended");
  });

  it("that is not there cannot be looked at or typed to", async () => {
    const terminal = await openTerminal();
    const poll = await terminal.run("");
    expect(poll).toMatchObject({ is_error: true, exit_code: null });
    expect(textOf(poll)).toBe("No previous running command to retrieve logs from.");
    expect(await terminal.output("y", { is_input: true })).toBe(
      "No previous running command to interact with.",
    );
  });
});

describe("input", () => {
  it.runIf(process.platform === "linux")(
    "is asked for at once, without waiting for silence or timeout",
    async () => {
      const terminal = await openTerminal({ params: { no_change_timeout_seconds: 60 } });
      const asked = await terminal.run("read -r -p 'name? ' name; cat > $name", { timeout: 60 });
      expect(asked.exit_code).toBe(-1);
      expect(asked.metadata.suffix).toMatch(/^\n\[The command is waiting for input\. /);
      const again = await terminal.run("file", { is_input: true });
      expect(again.metadata.suffix).toContain("waiting for input");
      expect((await terminal.run("C-d", { is_input: true })).exit_code).toBe(0);
    },
  );

  it.runIf(process.platform === "linux")(
    "is not taken to be waited for where a program only pauses",
    async () => {
      const terminal = await openTerminal({ params: { no_change_timeout_seconds: 60 } });
      expect(await terminal.output("sleep 1.5 | cat; echo done")).toBe("done");
    },
  );

  it("talks to a Python prompt, each answer without what was shown before", async () => {
    const terminal = await openTerminal({ params: { env: { PYTHON_BASIC_REPL: "1" } } });
    expect(await terminal.until(/>>>$/, "python3 -q")).toMatch(/^\n*>>>$/);
    expect(await terminal.output("6 * 7", { is_input: true })).toBe(" 6 * 7\n42\n>>>");
    expect(await terminal.output("for i in range(2): print(i)\n", { is_input: true })).toContain("0\n1");
    const end = await terminal.run("C-d", { is_input: true, timeout: 10 });
    expect(end).toMatchObject({
      exit_code: 0,
      metadata: { suffix: expect.stringContaining("CTRL+D was sent.") },
    });
  });

  it("pages through less, whose screen is shown as it stands", async () => {
    const terminal = await openTerminal();
    await terminal.run("seq 1 500 > numbers");
    expect(await terminal.until(/numbers$/, "less numbers")).toMatch(/^\n*1\n2\n.*numbers$/s);
    const page = await terminal.output("PGDN", { is_input: true });
    expect(page).toContain("60");
    expect(page).not.toMatch(/^1\n/);
    expect((await terminal.run("q", { is_input: true, timeout: 10 })).exit_code).toBe(0);
    expect(await terminal.output("echo after")).toBe("after");
  });

  it("drives an editor", async () => {
    const terminal = await openTerminal();
    await terminal.until(/New/, "vim -u NONE note.txt");
    await terminal.until(/hello/, "ihello", { is_input: true });
    await terminal.run("ESC", { is_input: true, timeout: 0.5 });
    expect((await terminal.run(":wq", { is_input: true, timeout: 10 })).exit_code).toBe(0);
    expect(await terminal.output("cat note.txt")).toBe("hello");
  });

  it("C-c interrupts", async () => {
    const terminal = await openTerminal();
    await terminal.run("sleep 20", WHEN_SILENT);
    const observation = await terminal.run("C-c", { is_input: true, timeout: 10 });
    expect(observation.exit_code).toBe(130);
    expect(observation.metadata.suffix).toBe(
      "\n[The command completed with exit code 130. CTRL+C was sent.]",
    );
  });

  it("C-c leaves a loop of the shell itself, with the rest of the script not run", async () => {
    const terminal = await openTerminal();
    await terminal.run("while :; do :; done; echo never", WHEN_SILENT);
    expect(await terminal.output("CTRL+C", { is_input: true, timeout: 10 })).toBe("^C");
    expect(await terminal.output("echo fine")).toBe("fine");
  });

  it("C-z stops a program, which can be taken up again", async () => {
    const terminal = await openTerminal();
    await terminal.run("sleep 30", WHEN_SILENT);
    expect((await terminal.run("C-z", { is_input: true, timeout: 10 })).exit_code).toBe(148);
    expect(await terminal.output("jobs")).toContain("Stopped");
  });

  it("that a program did not read is not run as a command afterwards", async () => {
    const terminal = await openTerminal();
    await terminal.run("sleep 4", WHEN_SILENT);
    const end = await terminal.run("touch stray", { is_input: true });
    expect(end.exit_code).toBe(0);
    expect(await terminal.output("ls")).toBe("");
  });

  it("ends with a program that reads to the end of its input", async () => {
    const terminal = await openTerminal();
    await terminal.run("wc -l");
    await terminal.run("a\nb", { is_input: true });
    const end = await terminal.run("C-d", { is_input: true, timeout: 10 });
    expect(end.exit_code).toBe(0);
    expect(textOf(end)).toContain("2");
  });
});

describe("an interrupt of the conversation", () => {
  it("stops the command at once and keeps the shell", async () => {
    const terminal = await openTerminal();
    await terminal.run("A=kept");
    const observation = await abortWhenStarted(terminal, (signal) =>
      terminal.run("echo begin; touch started; sleep 60", { timeout: 60, signal }),
    );
    expect(textOf(observation)).toMatch(/^begin/);
    expect(observation.metadata.suffix).toContain("interrupted");
    expect(await terminal.output("echo $A")).toBe("kept");
  });

  it("stops a program that ignores Ctrl-C, and the shell is kept", async () => {
    const terminal = await openTerminal();
    await terminal.run("A=kept");
    const deaf = "bash -c 'trap \"\" INT TERM; touch started; while :; do sleep 0.1; done'";
    await abortWhenStarted(terminal, (signal) => terminal.run(deaf, { timeout: 60, signal }));
    expect(await terminal.output("echo $A")).toBe("kept");
  });

  it("ends a shell that ignores everything else", async () => {
    const terminal = await openTerminal();
    const deaf = "trap '' INT; touch started; while :; do :; done";
    const observation = await abortWhenStarted(terminal, (signal) =>
      terminal.run(deaf, { timeout: 60, signal }),
    );
    expect(observation.metadata.suffix).toContain("The shell ended");
    expect(await terminal.output("echo fine")).toBe("fine");
  });

  it("before the start runs nothing", async () => {
    const terminal = await openTerminal();
    await expect(terminal.run("touch made", { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await terminal.output("ls")).toBe("");
  });
});

/** Waits for the end of a command that makes a file named `ended`, of which the shell tells a moment later. */
async function untilEnded({ workingDir }: Terminal): Promise<void> {
  await expect.poll(() => existsSync(join(workingDir, "ended"))).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/** Aborts once the command has made a file named `started`. */
async function abortWhenStarted<T>(
  { workingDir }: Terminal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const running = run(controller.signal);
  await expect.poll(() => existsSync(join(workingDir, "started"))).toBe(true);
  controller.abort();
  return running;
}
