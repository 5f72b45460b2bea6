import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFiles } from "./written-files.ts";

describe("hooks of a project", () => {
  const hook = { type: "command", command: "check.sh" };

  it("are read from its file, in either spelling", async () => {
    const { ask, project } = withFiles({
      "project/.openhands/hooks.json": JSON.stringify({
        hooks: { PreToolUse: [{ matcher: "terminal", hooks: [hook] }] },
      }),
    });
    const { status, body } = await ask("POST", "/api/hooks", { project_dir: project });
    expect(status).toBe(200);
    expect(body.hook_config.pre_tool_use[0].hooks[0]).toMatchObject({ command: "check.sh", timeout: 60 });
    expect(body.hook_config.stop).toEqual([]);
  });

  it("are null where there are none, where the file is empty and where it is faulty", async () => {
    const faulty = ["{}", "[]", "no JSON", '{"hooks": {"Nope": []}}', '{"stop": [{"hooks": [{}]}]}'];
    for (const text of faulty) {
      const { ask, project } = withFiles({ "project/.openhands/hooks.json": text });
      expect((await ask("POST", "/api/hooks", { project_dir: project })).body).toEqual({ hook_config: null });
    }
    const { ask, project } = withFiles({});
    for (const folder of [null, "", project, "/nowhere"]) {
      expect(await ask("POST", "/api/hooks", { project_dir: folder })).toEqual({
        status: 200,
        body: { hook_config: null },
      });
    }
  });
});

describe("sub-agents", () => {
  it("are listed with all that their file says; those of a project win", async () => {
    const text = (name: string, level: string) =>
      `---\nname: ${name}\ndescription: Reviews. <example>Look at this.</example>\ntools: terminal\nskills: a, b\n` +
      `max_iteration_per_run: "7"\ncondenser: none\nowner: ${level}\n---\nYou review.\n`;
    const { ask, project } = withFiles({
      "project/.agents/agents/review.md": text("review", "project"),
      "home/.openhands/agents/review.md": text("review", "user"),
      "home/.agents/agents/plain.md": "You are plain.",
      "home/.agents/agents/README.md": "No agent.",
      "home/.agents/agents/bad.md": "---\npermission_mode: sometimes\n---\n",
    });
    const { agents } = (await ask("POST", "/api/sub-agents", { project_dir: project, load_builtin: false }))
      .body;
    expect(agents.map(({ name, level }: { name: string; level: string }) => [name, level])).toEqual([
      ["review", "project"],
      ["plain", "user"],
    ]);
    expect(agents[0]).toMatchObject({
      tools: ["terminal"],
      skills: ["a", "b"],
      max_iteration_per_run: 7,
      when_to_use_examples: ["Look at this."],
      condenser: { kind: "NoOpCondenser" },
      metadata: { owner: "project" },
      system_prompt: "You review.",
      source: join(project, ".agents/agents/review.md"),
      is_builtin: false,
    });
    expect(agents[1]).toMatchObject({ model: "inherit", tools: [], permission_mode: null });
  });

  it("have the examples between tags that belong together, and many tags cost no more than others", async () => {
    const tags = "</example><EXAMPLE> one <example>two</Example>three<example></example>";
    const { ask, project } = withFiles({
      "project/.agents/agents/a.md": `---\ndescription: "${tags}"\n---\n`,
      "project/.agents/agents/b.md": `---\ndescription: "${"<example>".repeat(7_000)}"\n---\n`,
    });
    const { agents } = (await ask("POST", "/api/sub-agents", { project_dir: project, load_builtin: false }))
      .body;
    expect(agents[0].when_to_use_examples).toEqual(["one <example>two"]);
    expect(agents[1].when_to_use_examples).toEqual([]);
  });

  it("that are built in come last, and give way to others of their name", async () => {
    const { ask, project } = withFiles({
      "project/.agents/agents/bash-runner.md": "---\nname: bash-runner\n---\nRuns.",
    });
    const listed = async (body: object) =>
      (await ask("POST", "/api/sub-agents", body)).body.agents.map((agent: Record<string, unknown>) => [
        agent.name,
        agent.level,
        agent.is_builtin,
      ]);
    expect(await listed({})).toEqual(
      expect.arrayContaining(
        ["general-purpose", "code-explorer", "bash-runner"].map((name) => [name, "builtin", true]),
      ),
    );
    expect((await listed({})).map(([name]: [string]) => name)).not.toContain("web-researcher");
    const ofProject = await listed({ project_dir: project });
    expect(ofProject[0]).toEqual(["bash-runner", "project", false]);
    expect(ofProject.filter(([name]: [string]) => name === "bash-runner")).toHaveLength(1);
    expect(await listed({ load_builtin: false })).toEqual([]);
  });
});

describe("a folder that is named with a slash at its end", () => {
  it("has the same skills, plugins, hooks and sub-agents", async () => {
    const { ask, project } = withFiles({
      "project/AGENTS.md": "Use tabs.",
      "project/.agents/skills/pdf/SKILL.md": "---\nname: pdf\ndescription: Reads.\n---\nOpen it.",
      "project/.agents/plugins/rain/plugin.json": JSON.stringify({ name: "rain" }),
      "project/.openhands/hooks.json": JSON.stringify({ stop: [{ hooks: [{ command: "true" }] }] }),
      "project/.agents/agents/helper.md": "---\nname: helper\ndescription: Helps.\n---\nHelp.",
    });
    for (const path of ["/api/skills", "/api/plugins", "/api/hooks", "/api/sub-agents"]) {
      const request = { load_public: false, load_user: false, load_builtin: false };
      const [plain, slash] = await Promise.all(
        [project, `${project}/`].map(
          async (project_dir) => (await ask("POST", path, { ...request, project_dir })).body,
        ),
      );
      expect(Object.values(plain).flat()).not.toEqual([]);
      expect(slash).toEqual(plain);
    }
    expect(
      (await ask("POST", "/api/skills", { load_public: false, project_dir: `${project}/` })).body.sources,
    ).toMatchObject({ project: 2 });
  });
});

describe("plugins that lie on the machine", () => {
  const manifest = JSON.stringify({ name: "weather", version: "2.0.0", description: "Tells the weather." });

  it("are listed in both formats with what they bring", async () => {
    const { ask, project } = withFiles({
      "project/.agents/plugins/weather/.claude-plugin/plugin.json": manifest,
      "project/.agents/plugins/weather/skills/now/SKILL.md":
        "---\nname: now\ndescription: Now.\n---\nLook out.",
      "project/.agents/plugins/weather/commands/rain.md": "---\ndescription: Asks for rain.\n---\nRain?",
      "project/.agents/plugins/weather/.git/config": "",
      "project/.openhands/plugins/standard/plugin.json": JSON.stringify({
        $schema: "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json",
        name: "standard",
      }),
      "project/.openhands/plugins/standard/dev.openhands/commands/go.md": "Go.",
      "project/.openhands/plugins/broken/plugin.json": "no JSON",
      "home/.agents/plugins/bare/skills/one.md": "One.",
    });
    const { plugins } = (await ask("POST", "/api/plugins", { project_dir: project })).body;
    expect(plugins.map(({ name }: { name: string }) => name)).toEqual(["bare", "weather", "standard"]);
    expect(plugins[1]).toEqual({
      name: "weather",
      version: "2.0.0",
      description: "Tells the weather.",
      path: join(project, ".agents/plugins/weather"),
      skills: [
        { name: "now", description: "Now." },
        { name: "weather:rain", description: "Asks for rain." },
      ],
      files: [".claude-plugin/plugin.json", "commands/rain.md", "skills/now/SKILL.md"],
    });
    expect(plugins[2].skills).toEqual([{ name: "standard:go", description: "Command go from standard" }]);
  });

  it("show no file from outside themselves", async () => {
    const { ask, project, folder } = withFiles({
      "project/.agents/plugins/p/skills/own.md": "---\ndescription: Own.\n---\nOwn.",
      "secret.md": "---\ndescription: hunter2\n---\n",
    });
    symlinkSync(join(folder, "secret.md"), join(project, ".agents/plugins/p/skills/stolen.md"));
    const { plugins } = (await ask("POST", "/api/plugins", { project_dir: project })).body;
    expect(plugins[0].skills).toEqual([{ name: "own", description: "Own." }]);
  });

  it("that are installed are listed, also those that cannot be loaded", async () => {
    const entry = (name: string) => ({ name, source: "s", installed_at: "t", install_path: `/p/${name}` });
    const { ask } = withFiles({
      "home/.openhands/plugins/installed/.installed.json": JSON.stringify({
        plugins: { good: entry("good"), bad: entry("bad") },
      }),
      "home/.openhands/plugins/installed/good/skills/one.md": "One.",
      "home/.openhands/plugins/installed/bad/plugin.json": "no JSON",
    });
    const { plugins } = (await ask("GET", "/api/plugins/installed")).body;
    expect(plugins).toMatchObject([
      { name: "good", skills: [{ name: "one" }], files: ["skills/one.md"] },
      { name: "bad", skills: null, files: null },
    ]);
    expect((await ask("GET", "/api/plugins/installed/nope")).status).toBe(404);
    expect(
      (await ask("POST", "/api/plugins", {})).body.plugins.map(({ name }: { name: string }) => name),
    ).toEqual(["good"]);
  });

  it("to install are none, and no extension of Canvas is installed", async () => {
    const { ask } = withFiles({});
    expect((await ask("GET", "/api/plugins/marketplace")).body).toEqual({ plugins: [] });
    expect((await ask("GET", "/api/canvas-extensions/installed")).body).toEqual({ canvas_extensions: [] });
  });
});
