import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFiles } from "./written-files.ts";

const skill = (fields: string, content = "Text.") => `---\n${fields}\n---\n${content}\n`;

async function listed({ ask, project }: ReturnType<typeof withFiles>, more: object = {}) {
  const { status, body } = await ask("POST", "/api/skills", { project_dir: project, ...more });
  expect(status).toBe(200);
  return body;
}

describe("skills that lie on the machine", () => {
  it("are those of AgentSkills folders, of loose files and of other agents' files", async () => {
    const place = withFiles({
      "project/AGENTS.md": "Use tabs.",
      "project/.agents/skills/pdf/SKILL.md": skill(
        "name: pdf\ndescription: Reads PDF files.\ntriggers: [pdf]",
      ),
      "project/.agents/skills/pdf/references/long.md": "No skill of its own.",
      "project/.openhands/microagents/repo.md": "Always.",
      "project/.openhands/microagents/docker/run.md": skill("triggers:\n- docker", "Start the daemon."),
      "home/.openhands/skills/mine.md": skill("name: mine", "Mine."),
    });
    const { skills, sources } = await listed(place);
    expect(sources).toEqual({ sandbox: 0, registered_marketplaces: 0, sdk_base: 1, org: 0, project: 4 });
    expect(skills.map(({ name, type }: { name: string; type: string }) => [name, type])).toEqual([
      ["mine", "repo"],
      ["agents", "repo"],
      ["pdf", "agentskills"],
      ["repo", "repo"],
      ["docker/run", "knowledge"],
    ]);
    expect(skills[2]).toEqual({
      name: "pdf",
      type: "agentskills",
      content: "Text.",
      triggers: ["pdf"],
      source: join(place.project, ".agents/skills/pdf/SKILL.md"),
      description: "Reads PDF files.",
      is_agentskills_format: true,
      disable_model_invocation: false,
    });
  });

  it("of a project win over those of the user, and a request chooses the sources", async () => {
    const place = withFiles({
      "project/.agents/skills/same.md": "Of the project.",
      "home/.agents/skills/same.md": "Of the user.",
      "home/.openhands/skills/same.md": "Of the user, too.",
    });
    expect((await listed(place)).skills.map((one: { content: string }) => one.content)).toEqual([
      "Of the project.",
    ]);
    const ofUser = await listed(place, { load_project: false });
    expect(ofUser.skills.map((one: { content: string }) => one.content)).toEqual(["Of the user."]);
    expect((await listed(place, { load_project: false, load_user: false })).skills).toEqual([]);
  });

  it("that are faulty cost themselves only", async () => {
    const place = withFiles({
      "project/.agents/skills/other/SKILL.md": skill("name: not-other"),
      "project/.agents/skills/Wrong/SKILL.md": "No such name.",
      "project/.agents/skills/yaml.md": "---\na: [\n---\nText.",
      "project/.agents/skills/bomb.md": `---\na: &a [x,x,x,x,x,x,x,x,x]\n${["b", "c", "d", "e", "f", "g"]
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcdef"[index]}`).join(",")}]`)
        .join("\n")}\n---\nText.`,
      "project/.agents/skills/triggers.md": skill("triggers: word"),
      "project/.agents/skills/large.md": "x".repeat(2_000_000),
      "project/.agents/skills/good.md": "Text.",
    });
    expect((await listed(place)).skills.map(({ name }: { name: string }) => name)).toEqual(["good"]);
  });

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: a variable of a skill
  it("have the triggers of their fields: paths before inputs before words", async () => {
    const place = withFiles({
      "project/.agents/skills/a.md": skill("paths: 'src/**, *.py'\ntriggers: [x]"),
      "project/.agents/skills/b.md": skill(
        "inputs:\n- name: URL\n  description: Where\ntriggers: [x]",
        "Get ${URL}.",
      ),
      "project/nested/CLAUDE.md": "Only here.",
    });
    const { skills } = await listed(place);
    const byName = Object.fromEntries(skills.map((one: { name: string }) => [one.name, one]));
    expect(byName.a).toMatchObject({ type: "knowledge", triggers: [], disable_model_invocation: true });
    expect(byName.b).toMatchObject({
      triggers: ["x", "/b"],
      content: expect.stringMatching(/^Get \$\{URL\}\.\n/),
    });
    expect(byName["claude:nested"]).toMatchObject({ content: "Only here.", disable_model_invocation: true });
  });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: a variable of a skill

  it("are read once where a link leads back to them", async () => {
    const place = withFiles({ "project/AGENTS.md": "Once.", "project/.agents/skills/deep/a.md": "A." });
    symlinkSync("AGENTS.md", join(place.project, "CLAUDE.md"));
    symlinkSync("..", join(place.project, ".agents/skills/deep/up"));
    expect((await listed(place)).skills.map(({ name }: { name: string }) => name)).toEqual([
      "agents",
      "deep/a",
    ]);
  });

  it("are looked for in a bounded number of folders", async () => {
    const skills = "project/.agents/skills";
    const place = withFiles({ [`${skills}/a/early.md`]: "Early.", [`${skills}/z/late.md`]: "Late." });
    for (let index = 0; index < 2_025; index += 1) {
      const path = [Math.floor(index / 45), index % 45].map((part) => `f${part}`);
      mkdirSync(join(place.folder, skills, "a", ...path), { recursive: true });
    }
    expect((await listed(place)).skills.map(({ name }: { name: string }) => name)).toEqual(["a/early"]);
  });

  it("are found from a folder below the top of a repository", async () => {
    const place = withFiles({
      "project/.git/HEAD": "",
      "project/AGENTS.md": "Top.",
      "project/sub/x.txt": "",
    });
    const { skills } = await listed(place, { project_dir: join(place.project, "sub") });
    expect(skills.map(({ name }: { name: string }) => name)).toEqual(["agents"]);
  });

  it("of a folder that is missing are none", async () => {
    const { ask } = withFiles({});
    for (const folder of [null, "", "/nowhere", "relative/nowhere", "/etc/passwd"]) {
      const { status, body } = await ask("POST", "/api/skills", { project_dir: folder });
      expect({ status, skills: body.skills }).toEqual({ status: 200, skills: [] });
    }
  });

  it("name the hosts of a sandbox that are for the agent", async () => {
    const { ask } = withFiles({});
    const exposed_urls = [
      { name: "WORKER_1", url: "https://one.example", port: 8011 },
      { name: "VSCODE", url: "https://two.example", port: 8001 },
    ];
    const { body } = await ask("POST", "/api/skills", { sandbox_config: { exposed_urls } });
    expect(body.sources.sandbox).toBe(1);
    expect(body.skills[0].content).toMatch(/one\.example \(port 8011\)$/);
    expect(body.skills[0].content).not.toMatch(/two/);
  });
});

describe("skills of the user", () => {
  const record = {
    extensions: {
      used: {
        name: "used",
        source: "/from/used",
        installed_at: "2026-01-01T00:00:00+00:00",
        install_path: "/p/used",
      },
      unused: { name: "unused", enabled: false, source: "s", installed_at: "t", install_path: "/p/unused" },
      gone: { name: "gone", source: "s", installed_at: "t", install_path: "/p/gone" },
    },
  };
  const files = {
    "home/.openhands/skills/installed/.installed.json": JSON.stringify(record),
    "home/.openhands/skills/installed/used/SKILL.md": skill("name: used\ndescription: Used."),
    "home/.openhands/skills/installed/unused/SKILL.md": skill("name: unused"),
  };

  it("that are installed are listed while their folder is there, and count while they are enabled", async () => {
    const { ask } = withFiles(files);
    const { skills } = (await ask("GET", "/api/skills/installed")).body;
    expect(skills.map(({ name, enabled }: { name: string; enabled: boolean }) => [name, enabled])).toEqual([
      ["used", true],
      ["unused", false],
    ]);
    const catalog = (await ask("GET", "/api/skills/catalog")).body.skills;
    expect(catalog).toEqual([
      expect.objectContaining({ name: "used", origin: "user", description: "Used." }),
    ]);
    expect((await ask("GET", "/api/skills/installed/used")).body).toEqual(skills[0]);
  });

  it("that are not installed are 404, and names that no skill can have are 422", async () => {
    const { ask } = withFiles(files);
    expect(await ask("GET", "/api/skills/installed/gone")).toEqual({
      status: 404,
      body: { detail: "Skill 'gone' is not installed" },
    });
    expect((await ask("GET", "/api/skills/installed/Not-A-Name")).status).toBe(422);
  });
});
