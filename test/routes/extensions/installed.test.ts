import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { GitRepository, writeFiles } from "../../extensions/git-repository.ts";
import { withFiles } from "./written-files.ts";

const manifest = (name: string, version = "1.0.0") => JSON.stringify({ name, version, description: "Says." });
const skill = (name: string) => `---\nname: ${name}\ndescription: Does.\n---\nDo.`;

describe("installed skills over HTTP", () => {
  it("are installed, disabled, brought up to date and removed", async () => {
    const { ask, folder, home } = withFiles({});
    const repository = new GitRepository(join(folder, "repo"), { "skills/one/SKILL.md": skill("one") });
    const wanted = { source: repository.url, ref: "main", repo_path: "skills/one" };
    const installed = await ask("POST", "/api/skills/install", wanted);
    expect(installed).toEqual({
      status: 200,
      body: {
        name: "one",
        version: "1.0.0",
        description: "Does.",
        enabled: true,
        source: repository.url,
        resolved_ref: repository.head(),
        repo_path: "skills/one",
        installed_at: expect.any(String),
        install_path: join(home, ".openhands/skills/installed/one"),
      },
    });
    expect((await ask("GET", "/api/skills/installed/one")).body).toEqual(installed.body);
    expect((await ask("PATCH", "/api/skills/installed/one", { enabled: false })).body).toEqual({
      name: "one",
      enabled: false,
    });
    expect((await ask("GET", "/api/skills/installed")).body.skills).toEqual([
      { ...installed.body, enabled: false },
    ]);
    repository.commit({ "skills/one/SKILL.md": `${skill("one")} Better.` });
    const refreshed = await ask("POST", "/api/skills/installed/one/refresh");
    expect(refreshed.body).toMatchObject({
      message: "Skill 'one' updated",
      skill: { name: "one", enabled: false, resolved_ref: repository.head() },
    });
    expect((await ask("DELETE", "/api/skills/installed/one")).body).toEqual({
      message: "Skill 'one' uninstalled",
    });
    expect((await ask("GET", "/api/skills/installed")).body).toEqual({ skills: [] });
  });

  it("are refused with the words that clients know", async () => {
    const { ask, folder } = withFiles({});
    const install = (body: object) => ask("POST", "/api/skills/install", body);
    const repository = new GitRepository(join(folder, "repo"), {
      "one/SKILL.md": skill("one"),
      "none/a.md": "",
    });
    expect((await install({ source: repository.path, repo_path: "one" })).status).toBe(200);
    expect(await install({ source: repository.path, repo_path: "one" })).toEqual({
      status: 409,
      body: { detail: "Skill already installed. Use force=true to overwrite." },
    });
    expect(await install({ source: "/nowhere" })).toEqual({
      status: 400,
      body: { detail: "Failed to fetch skill source. Check that the source is valid." },
    });
    expect(await install({ source: repository.path, repo_path: "none" })).toEqual({
      status: 422,
      body: { detail: "Invalid skill. Ensure the source contains a valid SKILL.md." },
    });
    expect((await install({ source: "" })).status).toBe(422);
    for (const [method, path, body] of [
      ["GET", "/api/skills/installed/gone"],
      ["PATCH", "/api/skills/installed/gone", { enabled: true }],
      ["DELETE", "/api/skills/installed/gone"],
      ["POST", "/api/skills/installed/gone/refresh"],
    ] as const) {
      expect(await ask(method, path, body)).toEqual({
        status: 404,
        body: { detail: "Skill 'gone' is not installed" },
      });
      expect((await ask(method, path.replace("gone", "Not_A_Name"), body)).status).toBe(422);
    }
    writeFiles(repository.path, { "one/SKILL.md": "---\nname: else\n---\n" });
    expect(await ask("POST", "/api/skills/installed/one/refresh")).toEqual({
      status: 422,
      body: {
        detail: "The source of skill 'one' no longer holds a valid skill. The installed copy was kept.",
      },
    });
    rmSync(repository.path, { recursive: true });
    expect(await ask("POST", "/api/skills/installed/one/refresh")).toEqual({
      status: 400,
      body: { detail: "Failed to fetch the source of skill 'one'. The installed copy was kept." },
    });
  });

  it("show no password of the address they came from", async () => {
    const { ask } = withFiles({
      "home/.openhands/skills/installed/.installed.json": JSON.stringify({
        extensions: {
          one: {
            name: "one",
            source: " https://me:hunter@2@h.example/r.git",
            installed_at: "t",
            install_path: "/",
          },
        },
      }),
      "home/.openhands/skills/installed/one/SKILL.md": skill("one"),
    });
    const { skills } = (await ask("GET", "/api/skills/installed")).body;
    expect(skills[0].source).toBe(" https://****@h.example/r.git");
  });
});

describe("installed plugins over HTTP", () => {
  it("are shown with what they bring, and a plugin that cannot be read without", async () => {
    const { ask, folder, home } = withFiles({});
    writeFiles(join(folder, "p"), { ".plugin/plugin.json": manifest("sky"), "commands/go.md": "Go." });
    const { body } = await ask("POST", "/api/plugins/install", { source: join(folder, "p") });
    expect(body).toMatchObject({
      name: "sky",
      resolved_ref: null,
      skills: [{ name: "sky:go", description: "Command go from sky" }],
      files: [".plugin/plugin.json", "commands/go.md"],
    });
    writeFiles(join(home, ".openhands/plugins/installed/sky"), { "plugin.json": "no JSON" });
    expect((await ask("GET", "/api/plugins/installed")).body.plugins).toEqual([
      { ...body, skills: null, files: null },
    ]);
    expect((await ask("POST", "/api/plugins/installed/sky/refresh")).body).toMatchObject({
      message: "Plugin 'sky' updated",
      plugin: { name: "sky", files: [".plugin/plugin.json", "commands/go.md"] },
    });
    expect((await ask("DELETE", "/api/plugins/installed/sky")).body).toEqual({
      message: "Plugin 'sky' uninstalled",
    });
  });

  it("are refused with the words that clients know", async () => {
    const { ask, folder } = withFiles({});
    const install = (source: string) => ask("POST", "/api/plugins/install", { source });
    writeFiles(join(folder, "p"), { ".plugin/plugin.json": manifest("sky") });
    writeFiles(join(folder, "bad"), { ".plugin/plugin.json": manifest("Not Kebab") });
    await install(join(folder, "p"));
    expect(await install(join(folder, "p"))).toEqual({
      status: 409,
      body: { detail: "Plugin already installed. Use force=true to overwrite." },
    });
    expect(await install("justaname")).toEqual({
      status: 400,
      body: { detail: "Failed to fetch plugin source. Check that the source is valid." },
    });
    expect(await install(join(folder, "bad"))).toEqual({
      status: 422,
      body: { detail: "Invalid plugin. Ensure it has a valid kebab-case name." },
    });
    expect((await ask("GET", "/api/plugins/installed/gone")).body).toEqual({
      detail: "Plugin 'gone' is not installed",
    });
  });
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of sources
describe("a plugin that is fetched over HTTP", () => {
  it("is pinned in the cache and described, with secrets filled in", async () => {
    const { ask, folder, home } = withFiles({});
    const files = {
      "p/.plugin/plugin.json": manifest("sky"),
      "p/commands/go.md": "Go.",
      "p/skills/a.md": "A.",
    };
    const repository = new GitRepository(join(folder, "repo"), files);
    repository.git("tag", "v1");
    const wanted = {
      source: "file://${FOLDER}/repo",
      ref: "${TAG}",
      repo_path: "p",
      secrets: {
        FOLDER: { kind: "StaticSecret", value: folder },
        TAG: { kind: "StaticSecret", value: "v1" },
      },
    };
    const { status, body } = await ask("POST", "/api/plugins/fetch", wanted);
    expect([status, body]).toEqual([
      200,
      {
        path: expect.stringContaining(`/resolved-refs/${repository.head()}/p`),
        resolved_ref: repository.head(),
        source: wanted.source,
        repo_path: "p",
        manifest: JSON.parse(manifest("sky")),
        skills: ["a"],
        commands: ["go"],
      },
    ]);
    expect(body.path.startsWith(join(home, ".openhands/cache/plugins"))).toBe(true);
    const local = await ask("POST", "/api/plugins/fetch", { source: join(folder, "repo/p") });
    expect(local.body).toMatchObject({ path: join(folder, "repo/p"), resolved_ref: null });
  });

  it("has its failures told by code", async () => {
    const { ask, folder } = withFiles({});
    const repository = new GitRepository(join(folder, "repo"), { "a.md": "No plugin." });
    const fetch = (body: object) => ask("POST", "/api/plugins/fetch", body);
    const refused: [object, string][] = [
      [{ source: "https://${TOKEN}@h.example/r" }, "missing_secret"],
      [{ source: "${A}", secrets: { A: { kind: "StaticSecret", value: null } } }, "missing_secret"],
      [{ source: "justaname" }, "invalid_source"],
      [{ source: "http://169.254.169.254/r" }, "source_not_allowed"],
      [{ source: repository.url, ref: "nope" }, "ref_not_found"],
      [{ source: repository.url, repo_path: "../.." }, "repo_path_not_found"],
      [{ source: repository.url }, "invalid_plugin"],
    ];
    for (const [body, code] of refused) {
      const answer = await fetch(body);
      expect([answer.status, answer.body.detail.code], code).toEqual([422, code]);
    }
    expect((await fetch({ source: "https://${TOKEN}@h.example/r" })).body.detail.message).toBe(
      "Missing secret: TOKEN",
    );
    const away = await fetch({ source: `file://${folder}/missing` });
    expect(away.status).toBe(502);
    expect(away.body.exception).toContain('"source_unavailable"');
    expect((await fetch({ source: repository.url, timeout: 601 })).status).toBe(422);
  });

  it("repeats no secret in what it says", async () => {
    const { ask, folder } = withFiles({});
    const secrets = { NAME: { kind: "StaticSecret", value: "hunter2" } };
    const { body } = await ask("POST", "/api/plugins/fetch", {
      source: `file://${folder}/\${NAME}`,
      secrets,
    });
    expect(JSON.stringify(body)).not.toContain("hunter2");
    expect(body.exception).toContain("****");
  });
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of sources

describe("the public catalogue over HTTP", () => {
  const catalogue = {
    name: "public",
    owner: { name: "o" },
    plugins: [
      { name: "sky", source: "./plugins/sky", description: "Says." },
      { name: "far", source: { source: "github", repo: "o/r", ref: "v1", path: "plugins/far" } },
      { name: "one", source: "./skills/one" },
    ],
    skills: [
      { name: "one", source: "./skills/one" },
      { name: "two", source: "./skills/two", description: "Two." },
    ],
  };
  const files = {
    "public/.plugin/marketplace.json": JSON.stringify(catalogue),
    "public/plugins/sky/.plugin/plugin.json": manifest("sky"),
    "public/plugins/sky/commands/go.md": "Go.",
    "public/skills/one/SKILL.md": skill("one"),
  };

  it("has the plugins of its folder of plugins, and says which are installed", async () => {
    const { ask, folder } = withFiles(files);
    const path = join(folder, "public/plugins/sky");
    const far = {
      ref: "v1",
      repo_path: "plugins/far",
      installed: false,
      path: null,
      skills: null,
      files: null,
    };
    const sky = {
      ...{
        name: "sky",
        description: "Says.",
        source: path,
        ref: null,
        repo_path: null,
        installed: false,
        path,
      },
      skills: [{ name: "sky:go", description: "Command go from sky" }],
      files: [".plugin/plugin.json", "commands/go.md"],
    };
    expect((await ask("GET", "/api/plugins/marketplace")).body.plugins).toEqual([
      sky,
      { name: "far", description: null, source: "github:o/r", ...far },
    ]);
    await ask("POST", "/api/plugins/install", { source: path });
    const { plugins } = (await ask("GET", "/api/plugins/marketplace")).body;
    expect(plugins.map(({ installed }: { installed: boolean }) => installed)).toEqual([true, false]);
  });

  it("has everything as skills, is kept for a while, and is read again after a refresh", async () => {
    const { ask, folder } = withFiles(files);
    const list = async () => (await ask("GET", "/api/skills/marketplace")).body.skills;
    const before = await list();
    expect(before).toEqual([
      { name: "sky", description: "Says.", source: join(folder, "public/plugins/sky"), installed: false },
      { name: "far", description: null, source: "github:o/r@v1/plugins/far", installed: false },
      { name: "one", description: null, source: join(folder, "public/skills/one"), installed: false },
      { name: "two", description: "Two.", source: "./skills/two", installed: false },
    ]);
    const fewer = { ...catalogue, plugins: [] };
    writeFiles(join(folder, "public"), { ".plugin/marketplace.json": JSON.stringify(fewer) });
    expect(await list()).toEqual(before);
    expect((await ask("POST", "/api/skills/sync")).body).toEqual({
      status: "success",
      message: "Skills repository synced successfully",
    });
    expect((await list()).map(({ name }: { name: string }) => name)).toEqual(["one", "two"]);
  });

  it("is empty where it cannot be brought, and then not kept", async () => {
    const { ask, folder } = withFiles({ "public/README.md": "No catalogue." });
    expect((await ask("GET", "/api/skills/marketplace")).body).toEqual({ skills: [] });
    expect((await ask("GET", "/api/plugins/marketplace")).body).toEqual({ plugins: [] });
    writeFiles(join(folder, "public"), {
      "marketplaces/default.json": JSON.stringify({ ...catalogue, plugins: [] }),
    });
    expect((await ask("GET", "/api/skills/marketplace")).body.skills.length).toBe(2);
  });

  it("cannot be brought up to date where it is missing", async () => {
    const { ask } = withFiles({});
    expect((await ask("POST", "/api/skills/sync")).body).toEqual({
      status: "error",
      message: "Failed to sync skills repository",
    });
    expect((await ask("GET", "/api/plugins/marketplace")).body).toEqual({ plugins: [] });
  });
});
