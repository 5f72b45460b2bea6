import { describe, expect, it } from "vitest";
import { allCommands } from "../../../src/cli/arguments/command-table.ts";
import { commandHelp, mainHelp } from "../../../src/cli/arguments/help-text.ts";
import { parseArguments } from "../../../src/cli/parse-arguments.ts";

describe("--help", () => {
  it("is one screen of 80 columns that names every command", () => {
    const lines = mainHelp().trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(40);
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const missing = allCommands().filter(([name]) => !lines.some((line) => line.startsWith(`  ${name} `)));
    expect(missing).toEqual([]);
  });

  it("says which exit codes there are", () => {
    expect(mainHelp()).toContain("0 done, 1 failed, 2 wrong usage");
  });

  it("has no colours where it is not read at a terminal", () => {
    expect(mainHelp() + commandHelp("serve")).not.toContain("\x1b");
  });

  it("of a command shows each of its options, in 80 columns", () => {
    for (const [name, { options }] of allCommands()) {
      const text = commandHelp(name);
      const shown = Object.entries(options).filter(([, { hidden }]) => hidden !== true);
      expect(shown.filter(([option]) => !text.includes(`  --${option}`))).toEqual([]);
      expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
      expect(text).not.toContain("--reload");
    }
  });

  it("is asked for with --help or help, for a command or for all", () => {
    expect(parseArguments(["-h"])).toEqual({ name: "help", command: null });
    expect(parseArguments(["help"])).toEqual({ name: "help", command: null });
    expect(parseArguments(["export", "--help"])).toEqual({ name: "help", command: "export" });
    expect(parseArguments(["help", "export"])).toEqual({ name: "help", command: "export" });
    expect(() => parseArguments(["help", "exports"])).toThrow("Did you mean export?");
  });
});

describe("arguments", () => {
  it("mean the same with and without the name of the default command", () => {
    expect(parseArguments(["serve", "--port", "1"])).toEqual(parseArguments(["--port", "1"]));
  });

  it.each([
    [["--sandbx"], "Did you mean --sandbox?"],
    [["--sandbox-netowrk", "none"], "Did you mean --sandbox-network?"],
    [["--dangerously"], "Did you mean --dangerously-allow-unauthenticated?"],
    [["rseal"], "Did you mean reseal?"],
    [["comp"], "Did you mean completion?"],
  ])("%j are answered with what is nearest", (args, words) => {
    expect(() => parseArguments(args)).toThrow(words);
  });

  it("that are near to nothing get no suggestion", () => {
    expect(() => parseArguments(["--zzzzzzz"])).toThrow(
      /^unknown option: --zzzzzzz\nTry agent-server --help\.$/,
    );
    expect(() => parseArguments(["x".repeat(100_000)])).toThrow(/^unknown command: x+\nTry/);
  });

  it("name the command whose help knows more", () => {
    expect(() => parseArguments(["export"])).toThrow("Try agent-server export --help.");
    expect(() => parseArguments(["demo", "--port", "1"])).toThrow("Try agent-server demo --help.");
  });

  it("that lack a value are refused", () => {
    expect(() => parseArguments(["--port"])).toThrow(/--port.*argument missing/);
  });
});
