import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SHELLS } from "../../../src/cli/completion/shells.ts";
import { shownCommands } from "../../../src/cli/completion/shown-commands.ts";
import { spawnCommand } from "../spawn-server.ts";

const run = promisify(execFile);
const has = (program: string) => spawnSync(program, ["--version"]).status === 0;
const NO_BASH = !has("bash");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-completion-"));
  await mkdir(join(folder, "place"));
  await writeFile(join(folder, "plan.json"), "[]");
  for (const shell of SHELLS) await writeFile(join(folder, shell), await scriptOf(shell));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function scriptOf(shell: string): Promise<string> {
  const command = spawnCommand({ cwd: folder, args: ["completion", shell] });
  await new Promise((done) => command.process.once("close", done));
  return command.stdout();
}

/** The replies of bash after these words, of which the last is the one that is being written. */
async function replies(...words: string[]): Promise<string[]> {
  return repliesAfter("compopt() { :; }", words);
}

async function repliesAfter(preparation: string, words: readonly string[]): Promise<string[]> {
  const script = `
    ${preparation}
    source ./bash
    COMP_WORDS=(agent-server "$@") COMP_CWORD=$#
    _agent_server
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run("bash", ["-c", script, "bash", ...words], { cwd: folder });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(NO_BASH)("the completion of bash", () => {
  it("offers commands, and the options of a server before one is named", async () => {
    expect(await replies("")).toEqual(shownCommands().map(({ name }) => name));
    expect(await replies("exp")).toEqual(["export"]);
    expect(await replies("--sandbox-")).toEqual(["--sandbox-root", "--sandbox-network"]);
  });

  it("offers what the named command takes, and nothing of others", async () => {
    expect(await replies("export", "--")).toEqual([
      "--to",
      "--html",
      "--fixture",
      "--data",
      "--store",
      "--store-schema",
      "--help",
    ]);
    expect(await replies("ui", "")).toEqual(["install"]);
    expect(await replies("completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(await replies("serve", "")).toEqual([]);
  });

  it("offers values: those that are possible, folders and files", async () => {
    expect(await replies("--sandbox-network", "")).toEqual(["none", "host"]);
    expect(await replies("demo", "--workspace", "pl")).toEqual(["place"]);
    expect((await replies("mock-llm", "--script", "pl")).sort()).toEqual(["place", "plan.json"]);
    expect(await replies("--port", "")).toEqual([]);
  });

  it("needs nothing that the bash of macOS lacks", async () => {
    const lacking = "enable -n mapfile readarray compopt";
    expect(await repliesAfter(lacking, ["exp"])).toEqual(["export"]);
    expect(await repliesAfter(lacking, ["demo", "--workspace", "pl"])).toEqual(["place"]);
  });
});

describe("the scripts of other shells", () => {
  it.skipIf(!has("zsh"))("zsh reads its script", async () => {
    await run("zsh", ["-n", join(folder, "zsh")]);
  });

  it.skipIf(!has("fish"))("fish reads its script", async () => {
    await run("fish", ["--no-execute", join(folder, "fish")]);
  });

  it("name every command and every option that is shown", async () => {
    const [zsh, fish] = await Promise.all([
      readFile(join(folder, "zsh"), "utf8"),
      readFile(join(folder, "fish"), "utf8"),
    ]);
    for (const { name, options } of shownCommands()) {
      expect([zsh.includes(`'${name}:`), fish.includes(` -a ${name} `)]).toEqual([true, true]);
      for (const option of options) {
        expect([zsh.includes(`--${option.name}[`), fish.includes(` -l ${option.name} `)]).toEqual([
          true,
          true,
        ]);
      }
    }
    expect(zsh + fish).not.toContain("reload");
  });
});
