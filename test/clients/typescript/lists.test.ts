import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestBed, type TestBed } from "../test-bed.ts";
import {
  HooksClient,
  LLMMetadataClient,
  PluginsClient,
  SkillsClient,
  SubAgentsClient,
  ToolClient,
  VSCodeClient,
  WorkspacesClient,
} from "./client.ts";

let bed: TestBed;
let project: string;

beforeAll(async () => {
  bed = await openTestBed();
  project = join(bed.folder, "project");
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(bed.folder, path)), { recursive: true });
    writeFileSync(join(bed.folder, path), text);
  }
});

afterAll(() => bed[Symbol.asyncDispose]());

const skill = (name: string) => `---\nname: ${name}\ndescription: About ${name}.\n---\nText of ${name}.\n`;
const plugin = (name: string) => JSON.stringify({ name, version: "2.0.0", description: `About ${name}.` });
const FILES = {
  "project/.agents/skills/pdf/SKILL.md": skill("pdf"),
  "home/.agents/skills/own/SKILL.md": skill("own"),
  "project/.agents/plugins/weather/.claude-plugin/plugin.json": plugin("weather"),
  "project/.openhands/agents/reviewer.md": "---\nname: reviewer\ntools: bash\n---\nYou review.\n",
  "project/.openhands/hooks.json": JSON.stringify({
    pre_tool_use: [{ matcher: "terminal", hooks: [{ command: "check.sh" }] }],
  }),
};

const access = () => ({ host: bed.url, apiKey: bed.key });
const names = (list: { name: string }[]) => list.map(({ name }) => name);
const statusOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => (error as { status?: number }).status,
  );

describe("what lies in folders", () => {
  it("skills of the project and of the user", async () => {
    const client = new SkillsClient(access());
    const { skills, sources } = await client.getSkills({
      load_public: false,
      load_org: false,
      project_dir: project,
    });
    expect(names(skills)).toEqual(expect.arrayContaining(["pdf", "own"]));
    expect(skills.find(({ name }) => name === "pdf")).toMatchObject({
      type: "agentskills",
      description: "About pdf.",
      source: join(project, ".agents/skills/pdf/SKILL.md"),
    });
    expect(sources).toMatchObject({ project: 1 });
  });

  it("plugins of the project", async () => {
    const { plugins } = await new PluginsClient(access()).getPlugins({
      project_dir: project,
      load_project: true,
    });
    expect(plugins).toMatchObject([{ name: "weather", version: "2.0.0", description: "About weather." }]);
  });

  it("sub-agents of the project", async () => {
    const { agents } = await new SubAgentsClient(access()).getSubAgents({
      project_dir: project,
      load_user: false,
      load_builtin: false,
    });
    expect(agents).toMatchObject([
      {
        name: "reviewer",
        level: "project",
        is_builtin: false,
        tools: ["bash"],
        system_prompt: "You review.",
      },
    ]);
  });

  it("hooks of the project, behind the client's check of the version", async () => {
    const client = new HooksClient(access());
    const { hook_config: hooks } = await client.loadHooks({ project_dir: project });
    expect(hooks).toMatchObject({
      pre_tool_use: [{ matcher: "terminal", hooks: [{ command: "check.sh" }] }],
    });
    expect(await client.loadHooks({ project_dir: bed.folder })).toEqual({ hook_config: null });
  });
});

describe("what is installed", () => {
  it("is nothing, and a name is not found", async () => {
    const skills = new SkillsClient(access());
    const plugins = new PluginsClient(access());
    expect(await skills.listInstalledSkills()).toEqual({ skills: [] });
    expect(await plugins.listInstalledPlugins()).toEqual({ plugins: [] });
    expect(await statusOf(skills.getInstalledSkill("none"))).toBe(404);
    expect(await statusOf(skills.refreshSkill("none"))).toBe(404);
    expect(await statusOf(plugins.getInstalledPlugin("none"))).toBe(404);
  });

  it("can be chosen from no marketplace", async () => {
    expect(await new SkillsClient(access()).getMarketplace()).toEqual({ skills: [] });
    expect(await new PluginsClient(access()).getPluginsMarketplace()).toMatchObject({ plugins: [] });
    expect(await new SkillsClient(access()).syncSkills()).toMatchObject({ status: expect.any(String) });
  });
});

describe("models", () => {
  const client = () => new LLMMetadataClient(access());

  it("are listed by provider, verified ones apart", async () => {
    expect(await client().getProviders()).toEqual(expect.arrayContaining(["anthropic", "openai"]));
    const ofAnthropic = await client().getModels("anthropic");
    expect(ofAnthropic.length).toBeGreaterThan(0);
    expect(await client().getModels()).toEqual(expect.arrayContaining(ofAnthropic));
    expect(await client().getModels("no-such-provider")).toEqual([]);
    const verified = await client().getVerifiedModels();
    expect(Object.keys(verified)).toEqual(expect.arrayContaining(["anthropic", "openai"]));
    expect(verified.openai?.length).toBeGreaterThan(0);
  });

  it("of a subscription are told before anybody signs in", async () => {
    expect((await client().getOpenAISubscriptionModels()).length).toBeGreaterThan(0);
    expect(await client().getOpenAISubscriptionStatus()).toMatchObject({ connected: false });
    expect(await client().logoutOpenAISubscription()).toMatchObject({ connected: false });
    expect(await statusOf(client().pollOpenAISubscriptionDeviceLogin("unknown"))).toBe(404);
  });
});

describe("the server's own things", () => {
  it("tools have names", async () => {
    const tools = await new ToolClient(access()).listTools();
    expect(tools).toEqual(expect.arrayContaining(["terminal", "file_editor", "task_tracker"]));
  });

  it("an editor for browsers says whether it is there", async () => {
    const { enabled, running } = await new VSCodeClient(access()).getStatus();
    expect([typeof enabled, running]).toEqual(["boolean", false]);
  });

  it("folders are kept as workspaces, and folders of folders too", async () => {
    const client = new WorkspacesClient(access());
    const one = { id: "1", name: "Project", path: project };
    const parent = { id: "2", name: "All", path: bed.folder };
    expect((await client.addWorkspaces([{ ...one, parentPath: bed.folder }])).workspaces).toMatchObject([
      one,
    ]);
    expect((await client.addWorkspaceParents([parent])).workspaceParents).toEqual([parent]);
    expect(await client.listWorkspaces()).toMatchObject({ workspaces: [one], workspaceParents: [parent] });
    expect(await client.deleteWorkspace(project)).toEqual({ deleted: true });
    expect(await client.deleteWorkspaceParent(bed.folder)).toEqual({ deleted: true });
    expect(await statusOf(client.deleteWorkspace(project))).toBe(404);
    expect(await client.listWorkspaces()).toEqual({ workspaces: [], workspaceParents: [] });
  });
});
