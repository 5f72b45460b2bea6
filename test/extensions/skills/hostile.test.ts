import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectSkills } from "../../../src/extensions/skills/project-skills.ts";
import { withFiles } from "../../../src/workspace/place.ts";
import { openPlace } from "../open-place.ts";

/** A project with these files, and what is read of it. */
async function withProject(files: Readonly<Record<string, string>>) {
  const { place, folder, warnings, commands } = await openPlace();
  const project = join(folder, "project");
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  };
  mkdirSync(project);
  for (const [path, text] of Object.entries(files)) write(path, text);
  const namesOf = async () => (await projectSkills(place, project)).map(({ name }) => name);
  return { project, folder, write, warnings, commands, namesOf };
}

const BOUND = "a folder has more extensions than are read: the rest is left out";
const FAULT = "an extension was left out: its file cannot be read";

describe("a project made to harm", () => {
  it("with ten thousand skills costs a bounded number of them, and the log says so", {
    timeout: 60_000,
  }, async () => {
    const { write, namesOf, warnings } = await withProject({});
    for (let index = 0; index < 10_000; index += 1) write(`.agents/skills/s${index}.md`, "x");
    expect(await namesOf()).toHaveLength(500);
    expect(warnings.filter((message) => message === BOUND)).toHaveLength(2);
  });

  it("with skills of more than four million characters has as many as fit, and the log says so", async () => {
    const { write, namesOf, warnings } = await withProject({});
    for (let index = 0; index < 6; index += 1) write(`.agents/skills/s${index}.md`, "x".repeat(1_000_000));
    expect(await namesOf()).toEqual(["s0", "s1", "s2", "s3"]);
    expect(warnings).toEqual([BOUND]);
  });

  it("with files that are too large, endless or deep YAML and odd bytes has the others", async () => {
    const { namesOf, warnings } = await withProject({
      "AGENTS.md": "x".repeat(2_000_000),
      ".agents/skills/many.md": `---\n${"a: b\n".repeat(20_000)}---\nMany.`,
      ".agents/skills/deep.md": `---\na: ${"[".repeat(30_000)}\n---\nDeep.`,
      ".agents/skills/twice.md": "---\nname: one\nname: two\n---\nTwice.",
      ".agents/skills/zero.md": "---\nname: zero\n---\n\u0000\uFFFD",
    });
    expect(await namesOf()).toEqual(["two", "zero"]);
    expect(warnings).toEqual([FAULT, FAULT, FAULT]);
  });

  it("reads nothing through links that lead out, not even to say that it is there", async () => {
    const { project, folder, namesOf, warnings } = await withProject({
      "inside/SKILL.md": "---\nname: link\n---\nIn.",
    });
    mkdirSync(join(project, ".agents/skills/s"), { recursive: true });
    writeFileSync(join(folder, "key"), "PRIVATE");
    symlinkSync(join(folder, "key"), join(project, "AGENTS.md"));
    symlinkSync("/nowhere", join(project, "CLAUDE.md"));
    symlinkSync(join(folder, "key"), join(project, ".agents/skills/s/SKILL.md"));
    symlinkSync(folder, join(project, ".agents/skills/out"));
    symlinkSync("../../inside", join(project, ".agents/skills/link"));
    expect(await namesOf()).toEqual(["link"]);
    expect(warnings).toEqual([FAULT, FAULT]);
  });

  it("reads nothing through links either where the machine looks files up by name only", async () => {
    const { place, folder } = await openPlace();
    const { within: _within, ...files } = place.workspace.files;
    const named = { ...place, workspace: withFiles(place.workspace, files) };
    const project = join(folder, "project");
    mkdirSync(join(project, "sub"), { recursive: true });
    writeFileSync(join(folder, "key"), "PRIVATE");
    writeFileSync(join(project, "CLAUDE.md"), "Ours.");
    for (const name of ["AGENTS.md", "sub/AGENTS.md"]) symlinkSync(join(folder, "key"), join(project, name));
    symlinkSync(folder, join(project, ".agents"));
    expect((await projectSkills(named, project)).map(({ content }) => content)).toEqual(["Ours."]);
  });

  it("runs no program that its repository names", async () => {
    const { project, namesOf, write, commands } = await withProject({ "sub/AGENTS.md": "Sub." });
    const git = (...args: string[]) => execFileSync("git", ["-C", project, ...args], { stdio: "pipe" });
    const ran = () => existsSync(join(project, "ran"));
    git("init", "--quiet");
    git("add", ".");
    write("monitor.sh", `touch ${project}/ran\n`);
    git("config", "core.fsmonitor", `sh ${project}/monitor.sh`);
    expect(await namesOf()).toEqual(["agents:sub"]);
    expect(commands.some((command) => command.includes("ls-files"))).toBe(true);
    expect(ran()).toBe(false);
    // Git on its own would run it.
    git("ls-files", "--cached", "--others");
    expect(ran()).toBe(true);
  });
});
