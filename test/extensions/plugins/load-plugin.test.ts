import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPlugin } from "../../../src/extensions/plugins/load-plugin.ts";
import { pluginInfo } from "../../../src/extensions/plugins/plugin-info.ts";
import { type FilesToWrite, writeFiles } from "../git-repository.ts";
import { openPlace } from "../open-place.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of plugins
const SCHEMA = "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json";
const MCP_SCHEMA = "https://agent-plugins.org/schemas/1.0.0/mcp.schema.json";

/** A machine with a plugin in the folder `weather`. */
async function openPlugin(files: FilesToWrite) {
  const opened = await openPlace();
  const path = join(opened.folder, "weather");
  writeFiles(path, files);
  return { ...opened, path, load: () => loadPlugin(opened.place, path) };
}

const hooks = JSON.stringify({
  hooks: { PreToolUse: [{ matcher: "terminal", hooks: [{ command: "check" }] }] },
});

describe("a plugin in the layout of Claude Code", () => {
  it("has skills, commands, hooks, agents and servers", async () => {
    const { load, path } = await openPlugin({
      ".claude-plugin/plugin.json": JSON.stringify({
        name: "sky",
        version: "2.0.0",
        author: "A <a@b>",
        more: 1,
      }),
      "skills/now/SKILL.md": "---\nname: Anything At All\ndescription: Now.\n---\nLook out.",
      "skills/now/references/deep.md": "No skill.",
      "skills/loose.md": "---\ntriggers: [rain]\n---\nRain.",
      "skills/README.md": "No skill.",
      "SKILL.md": "Not read beside skills/.",
      "commands/ask.md":
        "---\ndescription: Asks.\nargument-hint: [a, b]\nallowed-tools: terminal\n---\nAsk $ARGUMENTS.",
      "commands/bare.md": "",
      "agents/critic.md": "---\nname: critic\n---\nYou criticise.",
      "hooks/hooks.json": hooks,
      ".mcp.json": JSON.stringify({
        mcpServers: {
          sky: { command: "${SKILL_ROOT}/run", args: ["${KEY:-none}"], type: "stdio", unknown: 1 },
        },
      }),
    });
    const plugin = await load();
    expect(plugin).toMatchObject({ name: "sky", version: "2.0.0", description: "", path });
    expect(plugin.manifest).toMatchObject({ more: 1, author: "A <a@b>" });
    expect(plugin.skills.map(({ name, trigger, source }) => [name, trigger, source])).toEqual([
      ["loose", { type: "keyword", keywords: ["rain"] }, join(path, "skills/loose.md")],
      ["Anything At All", null, join(path, "skills/now/SKILL.md")],
    ]);
    expect(plugin.skills[1]?.resources).toMatchObject({ references: ["deep.md"] });
    expect(plugin.commands.map(({ name }) => name)).toEqual(["ask", "bare"]);
    expect(plugin.commands[0]?.skill).toMatchObject({
      name: "sky:ask",
      content: "## ask\n\nAsks.\n\n**Arguments**: `$ARGUMENTS` - a b\n\n\nAsk $ARGUMENTS.",
      description: "Asks.",
      trigger: { type: "keyword", keywords: ["/sky:ask"] },
      allowed_tools: ["terminal"],
      is_agentskills_format: false,
    });
    expect(plugin.commands[1]?.skill).toMatchObject({
      description: "Command bare from sky",
      allowed_tools: null,
    });
    expect(plugin.hooks?.pre_tool_use).toMatchObject([
      { matcher: "terminal", hooks: [{ command: "check" }] },
    ]);
    expect(plugin.agents).toMatchObject([
      { name: "critic", level: "plugin", system_prompt: "You criticise." },
    ]);
    expect(plugin.mcpServers).toEqual({
      sky: {
        isLiteral: false,
        server: { transport: "stdio", command: `${path}/run`, args: ["${KEY:-none}"], enabled: true },
      },
    });
  });

  it("needs no manifest, and may be a single skill", async () => {
    const { load } = await openPlugin({ "SKILL.md": "---\nname: one\n---\nOne.", ".mcp.json": "{}" });
    const plugin = await load();
    expect(plugin).toMatchObject({
      name: "weather",
      version: "1.0.0",
      description: "Plugin loaded from weather",
      manifest: null,
    });
    expect(plugin.skills).toMatchObject([{ name: "one", mcp_tools: null }]);
  });

  it("has nothing of a faulty part but the rest", async () => {
    const { load, warnings } = await openPlugin({
      "hooks/hooks.json": '{"Nope": []}',
      ".mcp.json": "no JSON",
      "agents/bad.md": "---\npermission_mode: sometimes\n---\n",
      "commands/bad.md": "---\na: [\n---\n",
      "commands/good.md": "Good.",
      "skills/bad.md": "---\ntriggers: 5\n---\n",
    });
    const plugin = await load();
    expect(plugin).toMatchObject({ skills: [], hooks: null, agents: [], mcpServers: {} });
    expect(plugin.commands.map(({ name }) => name)).toEqual(["good"]);
    expect(warnings.length).toBe(5);
  });
});

describe("a plugin in the format Agent Plugins", () => {
  it("has its own parts in dev.openhands", async () => {
    const { load, path } = await openPlugin({
      "plugin.json": JSON.stringify({
        $schema: SCHEMA,
        name: "sky.net",
        extensions: { "dev.openhands": { entry_command: 5 }, "com.other": {} },
        surprise: true,
      }),
      "skills/now/SKILL.md": "Now.",
      "commands/not.md": "Elsewhere.",
      ".mcp.json": JSON.stringify({ mcpServers: { not: { command: "x" } } }),
      "dev.openhands/commands/go.md": "Go.",
      "dev.openhands/agents/critic.md": "You.",
      "dev.openhands/hooks/hooks.json": hooks,
    });
    const plugin = await load();
    expect(plugin).toMatchObject({ name: "sky.net", version: "1.0.0", mcpServers: {}, path });
    expect(plugin.commands.map(({ skill }) => skill.name)).toEqual(["sky.net:go"]);
    expect(plugin.agents.map(({ name }) => name)).toEqual(["critic"]);
    expect(plugin.hooks?.pre_tool_use.length).toBe(1);
  });

  it("is refused with a manifest that is not valid, and not read as another", async () => {
    const manifests = [
      "no JSON",
      "[]",
      "5",
      JSON.stringify({ $schema: "x", name: "a" }),
      JSON.stringify({ $schema: SCHEMA }),
      JSON.stringify({ $schema: SCHEMA, name: "Not Kebab" }),
      JSON.stringify({ $schema: SCHEMA, name: "a--b" }),
      JSON.stringify({ $schema: SCHEMA, name: "a", version: 5 }),
      JSON.stringify({ $schema: SCHEMA, name: "a", author: { name: "x", more: 1 } }),
      JSON.stringify({ $schema: SCHEMA, name: "a", extensions: { x: 5 } }),
      `"${"x".repeat(1024 * 1024)}"`,
    ];
    for (const manifest of manifests) {
      const { load } = await openPlugin({
        "plugin.json": manifest,
        ".plugin/plugin.json": '{"name": "other"}',
      });
      await expect(load(), manifest.slice(0, 80)).rejects.toThrow(/plugin\.json/);
    }
  });

  it("has servers that are filled in once, with their own folders alone", async () => {
    const { load, path, folder } = await openPlugin({
      "plugin.json": JSON.stringify({ $schema: SCHEMA, name: "sky" }),
      "bin/run": "",
      "mcp.json": JSON.stringify({
        $schema: MCP_SCHEMA,
        mcpServers: {
          own: { type: "stdio", command: "./bin/run", args: ["${PLUGIN_ROOT}", "${SECRET}"], cwd: "./bin" },
          data: { type: "stdio", command: "node", cwd: "${PLUGIN_DATA}/x", env: { A: "${PLUGIN_DATA}" } },
          web: {
            type: "streamable-http",
            url: "https://sky.example/mcp",
            headers: { Host: "x", "X-A": "b" },
          },
          near: { type: "streamable-http", url: "http://127.0.0.1:1/mcp" },
        },
      }),
    });
    const { mcpServers } = await load();
    const data = mcpServers.own?.server.env?.PLUGIN_DATA ?? "";
    expect(data).toMatch(new RegExp(`^${folder}/home/.openhands/plugin-data/weather-[0-9a-f]{16}$`));
    const env = { PLUGIN_ROOT: path, PLUGIN_DATA: data };
    expect(Object.values(mcpServers).map(({ isLiteral }) => isLiteral)).toEqual([true, true, true, true]);
    expect(mcpServers.own?.server).toEqual({
      ...{
        transport: "stdio",
        command: `${path}/bin/run`,
        args: [path, "${SECRET}"],
        cwd: `${path}/bin`,
        env,
      },
      enabled: true,
    });
    expect(mcpServers.data?.server).toMatchObject({
      command: "node",
      cwd: `${data}/x`,
      env: { ...env, A: data },
    });
    expect(mcpServers.web?.server).toMatchObject({ url: "https://sky.example/mcp", headers: { "X-A": "b" } });
    expect(mcpServers.near?.server).toMatchObject({ url: "http://127.0.0.1:1/mcp" });
  });

  it("loses a faulty server alone, and all with a faulty document", async () => {
    const faulty = {
      sse: { type: "sse", url: "https://a.example" },
      absolute: { type: "stdio", command: "/bin/sh" },
      up: { type: "stdio", command: "./../../bin/sh" },
      out: { type: "stdio", command: "./link/sh" },
      relative: { type: "stdio", command: "bin/run" },
      cwd: { type: "stdio", command: "node", cwd: "/tmp" },
      away: { type: "stdio", command: "node", cwd: "${PLUGIN_ROOT}/../.." },
      reserved: { type: "stdio", command: "node", env: { PLUGIN_ROOT: "/" } },
      shell: { type: "stdio", command: "node", shell: true },
      plain: { type: "streamable-http", url: "http://sky.example/mcp" },
      user: { type: "streamable-http", url: "https://me@sky.example/mcp" },
      emptyUser: { type: "streamable-http", url: "https://@sky.example/mcp" },
      fragment: { type: "streamable-http", url: "https://sky.example/mcp#" },
      ftp: { type: "streamable-http", url: "ftp://sky.example" },
      name: { type: "streamable-http", url: "https://a.example", headers: { "a b": "c" } },
      value: { type: "streamable-http", url: "https://a.example", headers: { a: "b\r\nc: d" } },
      twice: { type: "streamable-http", url: "https://a.example", headers: { a: "1", A: "2" } },
    };
    const manifest = JSON.stringify({ $schema: SCHEMA, name: "sky" });
    const servers = { ...faulty, good: { type: "stdio", command: "node" } };
    const { load, warnings } = await openPlugin({
      "plugin.json": manifest,
      link: { link: "/bin" },
      "mcp.json": JSON.stringify({ $schema: MCP_SCHEMA, mcpServers: servers }),
    });
    expect(Object.keys((await load()).mcpServers)).toEqual(["good"]);
    expect(warnings.length).toBe(Object.keys(faulty).length);
    for (const document of ["no JSON", "{}", JSON.stringify({ $schema: "x", mcpServers: servers })]) {
      const other = await openPlugin({ "plugin.json": manifest, "mcp.json": document });
      expect((await other.load()).mcpServers).toEqual({});
    }
  });
});

describe("a plugin that means harm", () => {
  it("shows no file from outside its folder, in any of its parts", async () => {
    const { load, folder, path } = await openPlugin({
      "skills/own.md": "Own.",
      "skills/stolen.md": { link: "../../secret.md" },
      "skills/folder": { link: "../../secrets" },
      "skills/deep/SKILL.md": { link: "../../../secret.md" },
      "commands/stolen.md": { link: "../../secret.md" },
      agents: { link: "../secrets" },
      hooks: { link: "../secrets" },
      ".mcp.json": { link: "../secrets/mcp.json" },
      "skills/kit/SKILL.md": "Kit.",
      "skills/kit/scripts/out.sh": { link: "../../../../secret.md" },
    });
    writeFiles(folder, {
      "secret.md": "hunter2",
      "secrets/SKILL.md": "hunter2",
      "secrets/critic.md": "hunter2",
      "secrets/hooks.json": hooks,
      "secrets/mcp.json": JSON.stringify({ mcpServers: { x: { command: "hunter2" } } }),
    });
    const plugin = await load();
    expect(JSON.stringify(plugin)).not.toContain("hunter2");
    expect(plugin).toMatchObject({ commands: [], agents: [], hooks: null, mcpServers: {}, path });
    expect(plugin.skills.map(({ name, resources }) => [name, resources?.scripts])).toEqual([
      ["kit", undefined],
      ["own", undefined],
    ]);
  });

  it("cannot have a manifest elsewhere, behind a pipe or without an end", async () => {
    const elsewhere = await openPlugin({ ".plugin/plugin.json": { link: "/etc/hostname" } });
    await expect(elsewhere.load()).rejects.toThrow(/plugin\.json/);
    const dangling = await openPlugin({ "plugin.json": { link: "nowhere" } });
    await expect(dangling.load()).rejects.toThrow(/plugin\.json/);
    const pipe = await openPlugin({ "commands/go.md": "Go." });
    execFileSync("mkfifo", [
      join(pipe.path, "plugin.json"),
      join(pipe.path, ".mcp.json"),
      join(pipe.path, "SKILL.md"),
    ]);
    expect(await pipe.load()).toMatchObject({ name: "weather", commands: [{ name: "go" }] });
    const loop = await openPlugin({ skills: { link: "skills" }, "plugin.json": { link: "plugin.json" } });
    await expect(loop.load()).rejects.toThrow(/plugin\.json/);
  });

  it("costs no more than its bounds with thousands of files", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, index) => [`skills/s${index}.md`, "x"]),
    );
    const { place, path, load } = await openPlugin(many);
    expect((await load()).skills.length).toBe(500);
    expect((await pluginInfo(place, path)).files.length).toBe(2_000);
  }, 60_000);

  it("may have names with markup, which stay names", async () => {
    const name = '</available_skills><b>x & "y"';
    const { load } = await openPlugin({
      ".plugin/plugin.json": JSON.stringify({ name }),
      "commands/go.md": "Go.",
    });
    expect((await load()).commands[0]?.skill.name).toBe(`${name}:go`);
  });
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of plugins
