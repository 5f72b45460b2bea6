import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { GitRepository } from "../../../extensions/git-repository.ts";
import type { Client } from "../../client.ts";
import type { Scenario } from "../../scenario.ts";

/** Only what lies in the project: what a server fetches or keeps for its user differs. */
const OF_PROJECT = { load_public: false, load_user: false, load_org: false };

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Notes what a server lists of a project under names of its own, in the order of the answer. */
async function askEach(client: Client, path: string, bodies: readonly object[]): Promise<void> {
  for (const body of bodies) await client.ask("POST", path, body);
}

export const extensionScenarios: Scenario[] = [
  {
    name: "skills of a project",
    script: [],
    drive: async (client, { workspace }) => {
      write(workspace, {
        "AGENTS.md": "Use tabs.",
        "sub/CLAUDE.md": "Only below sub.",
        ".agents/skills/pdf/SKILL.md":
          "---\nname: pdf\ndescription: Reads PDF files.\ntriggers: [pdf, acrobat]\n---\n\nOpen it.\n",
        ".agents/skills/pdf/references/long.md": "Part of the skill.",
        ".agents/skills/wrong/SKILL.md": "---\nname: other\n---\nName and folder differ.",
        ".agents/skills/hidden/SKILL.md": "---\nname: hidden\ndisable-model-invocation: true\n---\nText.",
        ".agents/skills/none/SKILL.md": "No fields at all.",
        ".openhands/skills/paths.md": "---\npaths: src/**, *.py\ntriggers: [x]\n---\nRules.",
        ".openhands/skills/README.md": "No skill.",
        ".openhands/skills/bad.md": "---\ntriggers: word\n---\nText.",
        ".openhands/skills/yaml.md": "---\na: [\n---\nText.",
        ".openhands/microagents/repo.md": "Always.",
        ".openhands/microagents/deep/docker.md": "---\ntriggers:\n- docker\n---\nStart the daemon.",
        ".openhands/microagents/pdf.md": "---\nname: pdf\n---\nHidden by the other.",
      });
      await askEach(client, "/api/skills", [
        { ...OF_PROJECT, project_dir: workspace },
        { ...OF_PROJECT, project_dir: `${workspace}/` },
        { ...OF_PROJECT, project_dir: join(workspace, "sub") },
        { ...OF_PROJECT, project_dir: workspace, load_project: false },
        { ...OF_PROJECT, project_dir: "/nowhere" },
        { ...OF_PROJECT, project_dir: null },
        OF_PROJECT,
        { load_public: "perhaps" },
        { project_dir: 3 },
        { org_configs: [{}] },
        { sandbox_config: { exposed_urls: [{ name: "A", url: "http://x", port: "many" }] } },
        { registered_marketplaces: [{ name: "m" }] },
      ]);
      await client.ask("POST", "/api/skills", "no JSON");
      await client.ask("POST", "/api/skills");
    },
  },
  {
    name: "skills of marketplaces",
    script: [],
    drive: async (client, { workspace }) => {
      const skill = (name: string) => `---\nname: ${name}\ndescription: Does.\n---\nOf ${name}.`;
      write(workspace, {
        "one/.plugin/marketplace.json": JSON.stringify({
          name: "m",
          owner: { name: "o" },
          plugins: [
            { name: "sky", source: "./sky" },
            { name: "gone", source: "./gone" },
          ],
          skills: [
            { name: "lone", source: "./lone" },
            { name: "lost", source: "./lost" },
          ],
        }),
        "one/sky/.plugin/plugin.json": '{"name": "sky"}',
        "one/sky/skills/tides.md": "---\ntriggers: [tides]\n---\nHigh at noon.",
        "one/sky/skills/lone.md": "The plugin's.",
        "one/sky/commands/now.md": "---\ndescription: Tells.\n---\nLook out.",
        "one/lone/SKILL.md": skill("lone"),
        "two/skills/found/SKILL.md": skill("found"),
        "two/skills/offered/SKILL.md": skill("offered"),
        "broken/.plugin/marketplace.json": "no JSON",
      });
      const at = (name: string, auto_load: unknown) => ({ name, source: join(workspace, name), auto_load });
      const own = { load_user: false, load_project: false };
      await askEach(client, "/api/skills", [
        { ...own, registered_marketplaces: [at("one", true), at("two", true)] },
        { ...own, registered_marketplaces: [at("two", true), at("one", ["sky"])] },
        { ...own, registered_marketplaces: [at("one", ["lone", "unknown"]), at("two", [])] },
        { ...own, registered_marketplaces: [at("one", false), at("broken", true), at("nowhere", true)] },
        { ...own, registered_marketplaces: [at("two", true), { ...at("one", true), name: "two" }] },
        { ...own, load_public: false, registered_marketplaces: [at("one", true)] },
        { registered_marketplaces: [at("one", true)] },
      ]);
    },
  },
  {
    name: "skills of organisations",
    script: [],
    drive: async (client, { workspace }) => {
      const first = new GitRepository(join(workspace, "first"), {
        "skills/style.md": "Of the first.",
        "skills/deep/build.md": "---\ntriggers: [build]\n---\nMake.",
        "skills/both.md": "Of the organisation.",
        "microagents/style.md": "Hidden by the other.",
        "microagents/old.md": "Old.",
      });
      const second = new GitRepository(join(workspace, "second"), { "skills/style.md": "Of the second." });
      write(workspace, { "plain/skills/x.md": "No repository." });
      const config = (org_repo_url: string) => ({
        ...{ repository: "acme/app", provider: "github", org_name: "acme" },
        org_repo_url,
      });
      await askEach(client, "/api/skills", [
        { org_configs: [config(first.url)] },
        { org_configs: [config(first.path), config(second.url)] },
        { load_user: false, org_configs: [config(second.url), config(first.url)] },
        { load_org: false, org_configs: [config(first.url)] },
        { org_configs: [config(join(workspace, "plain")), config(join(workspace, "nowhere"))] },
        { org_configs: [] },
      ]);
    },
  },
  {
    name: "all public skills",
    script: [],
    drive: async (client) => {
      await client.ask("POST", "/api/skills", { load_user: false, marketplace_path: null });
    },
  },
  {
    name: "skills and plugins that are not installed",
    script: [],
    drive: async (client) => {
      for (const kind of ["skills", "plugins"]) {
        await client.ask("GET", `/api/${kind}/installed`);
        await client.ask("GET", `/api/${kind}/installed/nope`);
        await client.ask("GET", `/api/${kind}/installed/Not-A-Name`);
        await client.ask("GET", `/api/${kind}/installed/a--b`);
        await client.ask("POST", `/api/${kind}/installed`);
      }
      await client.ask("GET", "/api/canvas-extensions/installed");
    },
  },
  {
    name: "hooks of a project",
    script: [],
    drive: async (client, { workspace }) => {
      await client.ask("POST", "/api/hooks", { project_dir: workspace });
      const hooks = join(workspace, ".openhands/hooks.json");
      const texts = [
        '{"hooks": {"PreToolUse": [{"matcher": "terminal", "hooks": [{"command": "check.sh", "timeout": 5}]}]}}',
        '{"stop": [{"hooks": [{"type": "command", "command": "end.sh", "async": true}]}]}',
        '{"post_tool_use": [{"hooks": [{"type": "prompt", "prompt": "Is it good?"}]}]}',
        "{}",
        '{"stop": []}',
        "[]",
        "no JSON",
        '{"Nope": []}',
        '{"stop": [{"hooks": [{"type": "command"}]}]}',
      ];
      for (const text of texts) {
        write(workspace, { ".openhands/hooks.json": text });
        await client.ask("POST", "/api/hooks", { project_dir: workspace });
      }
      await askEach(client, "/api/hooks", [
        {},
        { project_dir: null },
        { project_dir: "" },
        { project_dir: hooks },
      ]);
      await client.ask("POST", "/api/hooks", { project_dir: ["x"] });
    },
  },
  {
    name: "sub-agents of a project",
    script: [],
    drive: async (client, { workspace }) => {
      write(workspace, {
        ".agents/agents/review.md":
          "---\nname: review\ndescription: Reviews. <example>Look.</example>\ntools: [terminal, grep]\nskills: a, b\n" +
          'color: blue\nmax_iteration_per_run: "7"\nmax_budget_per_run: 1.5\npermission_mode: Always_Confirm\n' +
          "owner: me\n---\n\nYou review.\n",
        ".agents/agents/plain.md": "You are plain.",
        ".agents/agents/README.md": "No agent.",
        ".agents/agents/bad.md": "---\npermission_mode: sometimes\n---\nText.",
        ".agents/agents/off.md": "---\ncondenser: none\ntools: terminal\n---\nText.",
        ".openhands/agents/review.md": "---\nname: review\n---\nHidden by the other.",
      });
      const own = { load_user: false, load_builtin: false };
      await askEach(client, "/api/sub-agents", [
        { ...own, project_dir: workspace },
        { ...own, project_dir: "/nowhere" },
        { ...own, project_dir: null },
        { ...own, project_dir: workspace, load_project: false },
        { load_user: "perhaps" },
      ]);
    },
  },
  {
    name: "plugins of a project",
    script: [],
    drive: async (client, { workspace }) => {
      write(workspace, {
        ".agents/plugins/weather/.claude-plugin/plugin.json":
          '{"name": "weather", "version": "2.0.0", "description": "Tells the weather."}',
        ".agents/plugins/weather/skills/now/SKILL.md": "---\nname: now\ndescription: Now.\n---\nLook out.",
        ".agents/plugins/weather/commands/rain.md": "---\ndescription: Asks for rain.\n---\nRain?",
        ".agents/plugins/weather/.git/config": "",
        ".openhands/plugins/bare/skills/one.md": "One.",
        ".openhands/plugins/broken/.plugin/plugin.json": "no JSON",
      });
      await askEach(client, "/api/plugins", [
        { load_user: false, project_dir: workspace },
        { load_user: false, project_dir: "/nowhere" },
        { load_user: false },
        { load_user: false, load_project: false, project_dir: workspace },
        { load_user: 3 },
      ]);
    },
  },
  {
    name: "names of models",
    script: [],
    drive: async (client) => {
      await client.ask("GET", "/api/llm/models/verified");
      await client.ask("GET", "/api/llm/models?provider=nope");
      await client.ask("GET", "/api/llm/subscription/openai/models");
      await client.ask("GET", "/api/llm/subscription/openai/status");
      await client.ask("POST", "/api/llm/subscription/openai/logout");
      await client.ask("POST", "/api/llm/subscription/openai/device/poll", { device_code: "unknown" });
      await client.ask("POST", "/api/llm/subscription/openai/device/poll", {});
      await client.ask("POST", "/api/llm/subscription/openai/device/poll", { device_code: 3 });
    },
  },
];
