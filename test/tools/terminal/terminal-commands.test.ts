import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { terminalObservation } from "../../../src/wire/events/observations.ts";
import { retainedBytes } from "../../heap.ts";
import { openTerminal, textOf } from "./open-terminal.ts";

describe("a command", () => {
  it("gives its output, exit code and where the shell stands", async () => {
    const terminal = await openTerminal();
    const observation = await terminal.run("echo hello; (exit 3)");
    expect(terminalObservation.parse(observation)).toEqual(observation);
    expect(observation).toMatchObject({
      command: "echo hello; (exit 3)",
      exit_code: 3,
      is_error: false,
      timeout: false,
      metadata: {
        exit_code: 3,
        pid: -1,
        working_dir: terminal.workingDir,
        prefix: "",
        suffix: "\n[The command completed with exit code 3.]",
      },
      full_output_save_dir: join(terminal.dataDir, "observations"),
    });
    expect(observation.content).toEqual([{ type: "text", text: "hello", cache_prompt: false }]);
    expect(observation.metadata.username).toBeTypeOf("string");
    expect(observation.metadata.hostname).toBeTypeOf("string");
  });

  it("leaves directory, variables, functions and the last exit code for the next", async () => {
    const terminal = await openTerminal();
    await terminal.run(
      "mkdir -p sub && cd sub && export A=1 && declare -A m=([k]=v) && f() { echo in f; } && (exit 7)",
    );
    expect(await terminal.output(`echo $? $A \${m[k]} "$(basename "$PWD")"; f`)).toBe("7 1 v sub\nin f");
  });

  it("may have many lines, heredocs and tabs in them", async () => {
    const terminal = await openTerminal();
    const script =
      "for i in 1 2; do\n  echo $i\ndone\ncat <<'EOF'\n\tall:\n  it's $HOME \\n `x`\nEOF\nprintf end";
    expect(await terminal.output(script)).toBe("1\n2\n\tall:\n  it's $HOME \\n `x`\nend");
  });

  it("may be longer than a line of a terminal", async () => {
    const terminal = await openTerminal();
    expect(await terminal.output(`printf '%s' '${"x".repeat(20_000)}' | wc -c`)).toBe("20000");
  });

  it("with a syntax error says so and leaves the shell usable", async () => {
    const terminal = await openTerminal();
    const unclosed = await terminal.run("echo 'abc");
    expect(unclosed.exit_code).not.toBe(0);
    expect(textOf(unclosed)).toContain("unexpected EOF");
    expect((await terminal.run("if true; then")).exit_code).not.toBe(0);
    expect(await terminal.output("echo fine")).toBe("fine");
  });

  it("that prints the prompt's own functions does not end early", async () => {
    const terminal = await openTerminal();
    const output = await terminal.output(
      "declare -f __agent_prompt; declare -p PROMPT_COMMAND; echo '###PS1END###'; echo last",
    );
    expect(output).toMatch(/###PS1END###\nlast$/);
  });

  it("that redirects the shell's output does not hide the prompt", async () => {
    const terminal = await openTerminal();
    expect((await terminal.run("exec > out.txt; echo hidden")).exit_code).toBe(0);
    expect(await terminal.output("exec > /dev/tty; cat out.txt")).toBe("hidden");
  });

  it("that changes or drops the prompt, as activated environments do, is followed by others", async () => {
    const terminal = await openTerminal();
    await terminal.run("PS1='(venv) \\w> '; unset PROMPT_COMMAND; export PS1");
    expect(await terminal.output("echo one")).toBe("one");
    expect(await terminal.output("echo two")).toBe("two");
  });

  it("runs under set -x and set -u without noise of our own", async () => {
    const terminal = await openTerminal();
    await terminal.run("set -xu");
    expect(await terminal.output("echo hi")).toBe("++ echo hi\nhi");
  });

  it("that turns echo off or leaves the terminal raw does not spoil the next", async () => {
    const terminal = await openTerminal();
    await terminal.run("stty raw -echo");
    await terminal.run("read -r -p 'name? ' name; echo hello $name");
    expect(await terminal.output("Ada", { is_input: true })).toBe(" Ada\nhello Ada");
  });

  it("comes after the output that background jobs have printed since", async () => {
    const terminal = await openTerminal();
    const started = await terminal.run("(sleep 0.2; echo from behind) & echo started");
    expect(textOf(started)).toContain("started");
    expect(started.metadata.pid).toBeGreaterThan(0);
    await terminal.run("wait");
    await terminal.run("(sleep 0.1; echo second; touch printed) & true");
    await expect.poll(() => existsSync(join(terminal.workingDir, "printed"))).toBe(true);
    expect(await terminal.output("echo now")).toMatch(/second\n(.*Done.*\n)?now$/s);
  });

  it("that ends in the background is announced once, on a line of its own", async () => {
    const terminal = await openTerminal();
    const outputs: string[] = [];
    for (const command of ["true &", "sleep 0.1", "echo next"]) outputs.push(await terminal.output(command));
    expect(outputs.join("\n").match(/^\[1\]\+ +Done +true$/gm)).toHaveLength(1);
    expect(outputs.join("\n").match(/Done/g)).toHaveLength(1);
  });

  it("leaves no trace in the user's home or the shell's history", async () => {
    const before = await readFile(join(homedir(), ".bash_history"), "utf8").catch(() => null);
    const terminal = await openTerminal();
    expect(await terminal.output("history | wc -l; echo [$HISTFILE]")).toBe("0\n[]");
    await terminal.close();
    expect(await readFile(join(homedir(), ".bash_history"), "utf8").catch(() => null)).toBe(before);
  });
});

describe("output", () => {
  it("shows what a terminal shows: progress that was written over is gone, colours too", async () => {
    const terminal = await openTerminal();
    const output = await terminal.output(
      "printf '10%%\\r50%%\\r100%%\\n'; printf '\\e[31mred\\e[0m a\\bb\\n'",
    );
    expect(output).toBe("100%\nred b");
  });

  it("keeps long lines whole, leading blanks and wide characters", async () => {
    const terminal = await openTerminal();
    await writeFile(join(terminal.workingDir, "wide"), `  ${"日本語😀é".repeat(300)}|${"x".repeat(2000)}`);
    const wide = await readFile(join(terminal.workingDir, "wide"), "utf8");
    expect(await terminal.output("cat wide")).toBe(wide);
  });

  it("of binary data does no harm", async () => {
    const terminal = await openTerminal();
    expect(
      (await terminal.run("head -c 100000 /dev/urandom; printf '\\x0e\\x1b[?1049h\\x1b[1;3r'")).exit_code,
    ).toBe(0);
    expect(await terminal.output("echo fine")).toBe("fine");
  });

  it("that breaks off within an escape sequence does no harm", async () => {
    const terminal = await openTerminal();
    for (const sequence of ["\\e]0;title", "\\ePq", "\\e[3"]) await terminal.run(`printf '${sequence}'`);
    expect(await terminal.output("echo fine")).toBe("fine");
  });

  it("that asks the terminal questions gets no answers typed into the shell", async () => {
    const terminal = await openTerminal();
    await terminal.run("printf '\\e[c\\e[6n\\e]10;?\\a'");
    expect(await terminal.output("echo fine")).toBe("fine");
  });

  it("that is too long is shown from both ends, and all of it is in a file", async () => {
    const terminal = await openTerminal();
    const output = await terminal.output("seq 1 20000", { timeout: 20 });
    expect(output.length).toBeLessThanOrEqual(30_000);
    expect(output).toMatch(/^1\n2\n3\n.*\n19999\n20000$/s);
    const [, path, line] =
      output.match(/whole output is in (\S+); what is left out starts at line (\d+)/) ?? [];
    expect(path).toMatch(/observations\/terminal_output_[0-9a-f]{8}\.txt$/);
    const saved = (await readFile(path ?? "", "utf8")).trimEnd().split("\n");
    expect(saved).toEqual(Array.from({ length: 20_000 }, (_value, index) => String(index + 1)));
    expect(output).not.toContain(`\n${saved[Number(line)]}\n`);
    expect(await readdir(join(terminal.dataDir, "observations"))).toHaveLength(1);
  });

  it("of many megabytes costs no memory", async () => {
    const terminal = await openTerminal();
    const before = await retainedBytes();
    const observation = await terminal.run("base64 -w 100 /dev/zero | head -c 12000000; echo; echo end", {
      timeout: 60,
    });
    expect(textOf(observation)).toMatch(/\nend$/);
    expect(observation.exit_code).toBe(0);
    expect((await retainedBytes()) - before).toBeLessThan(6 * 1024 * 1024);
  });
});

describe("a shell that ends", () => {
  it("by exit is replaced by a new one in the same directory, and the result says so", async () => {
    const terminal = await openTerminal();
    await terminal.run("mkdir sub; cd sub");
    const observation = await terminal.run("echo bye; exit 4");
    expect(observation.exit_code).toBe(4);
    expect(textOf(observation)).toContain("bye");
    expect(observation.metadata.suffix).toContain("The shell ended with exit code 4");
    expect(await terminal.output('basename "$PWD"')).toBe("sub");
  });

  it("by exec gives the exit code of what took its place", async () => {
    const terminal = await openTerminal();
    expect((await terminal.run("exec bash -c 'exit 9'")).exit_code).toBe(9);
    expect(await terminal.output("echo back")).toBe("back");
  });

  it("by a failure under set -e is explained, and set -e is not in force for later commands", async () => {
    const terminal = await openTerminal();
    const observation = await terminal.run("set -e\nfalse\necho never");
    expect(observation.exit_code).toBe(1);
    expect(textOf(observation)).not.toContain("never");
    await terminal.run("set -e");
    expect((await terminal.run("false")).metadata.suffix).toBe("\n[The command completed with exit code 1.]");
  });

  it("starts again in the workspace when its directory was removed", async () => {
    const terminal = await openTerminal();
    await terminal.run('mkdir gone; cd gone; rmdir "$PWD"; exit');
    expect(await terminal.output("pwd")).toBe(terminal.workingDir);
  });
});

describe("reset", () => {
  it("clears the shell's state and ends what it started", async () => {
    const terminal = await openTerminal();
    await terminal.run("A=1; cd /; sleep 300 & sleep 301", { timeout: 0.3 });
    const reset = await terminal.run("", { reset: true });
    expect(reset).toMatchObject({ command: "[RESET]", exit_code: 0, is_error: false });
    expect(textOf(reset)).toMatch(/^Terminal session has been reset/);
    expect(await terminal.output("echo [$A] $PWD; jobs")).toBe(`[] ${terminal.workingDir}`);
  });

  it("with a command runs it in the new shell", async () => {
    const terminal = await openTerminal();
    const observation = await terminal.run("echo hi", { reset: true });
    expect(observation.command).toBe("[RESET] echo hi");
    expect(textOf(observation)).toMatch(/^Terminal session has been reset.*\n\nhi$/);
  });

  it("together with is_input is refused", async () => {
    const terminal = await openTerminal();
    await expect(terminal.run("x", { reset: true, is_input: true })).rejects.toThrow(
      "cannot be used together",
    );
  });
});

describe("a command that is data", () => {
  it.each(['[{"a": 1}]', "['x']", "[[1, 2]]", '{"a": 1}'])("%s is not run but explained", async (command) => {
    const terminal = await openTerminal();
    const observation = await terminal.run(command);
    expect(observation).toMatchObject({ is_error: true, exit_code: null, command });
    expect(textOf(observation)).toContain("heredoc");
  });

  it.each(["[ -d / ] && echo yes", "[[ -d / ]] && echo yes", "{ echo yes; }"])(
    "%s is a command",
    async (command) => {
      const terminal = await openTerminal();
      expect(await terminal.output(command)).toBe("yes");
    },
  );
});

describe("params", () => {
  it("that do not fit are refused by name", async () => {
    await expect(openTerminal({ params: { no_change_timeout_seconds: "x" } })).rejects.toThrow(
      "params.no_change_timeout_seconds",
    );
    await expect(openTerminal({ params: { env: { "A-B": "x" } } })).rejects.toThrow("params.env.A-B");
  });

  it("env adds variables to the shell", async () => {
    const terminal = await openTerminal({ params: { env: { GREETING: "it's" } } });
    expect(await terminal.output("echo $GREETING")).toBe("it's");
  });

  it("of a machine that may be stopped when idle bound the timeout of a command, not that of a look", async () => {
    const terminal = await openTerminal({ idleTimeoutSeconds: 100 });
    const refused = await terminal.run("touch ran", { timeout: 91 });
    expect(refused).toMatchObject({ is_error: true, exit_code: null, command: "touch ran" });
    expect(textOf(refused)).toMatch(/timeout of 91 s .* at most 90 s/);
    expect(existsSync(join(terminal.workingDir, "ran"))).toBe(false);
    expect(await terminal.output("echo fits", { timeout: 90 })).toBe("fits");
    await terminal.run("sleep 1; echo slept", { timeout: 0.2 });
    expect(await terminal.output("", { timeout: 5000 })).toBe("slept");
  });

  it("a shell_path without a shell is an error that says so", async () => {
    const terminal = await openTerminal({ params: { shell_path: "/does/not/exist" } });
    await expect(terminal.run("true")).rejects.toThrow("The shell did not start");
  });
});
