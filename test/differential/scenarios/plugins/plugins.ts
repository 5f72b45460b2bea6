import { join } from "node:path";
import { type FilesToWrite, GitRepository, writeFiles } from "../../../extensions/git-repository.ts";
import type { Client } from "../../client.ts";
import { finish, type Scenario } from "../../scenario.ts";

const manifest = (name: string, version = "1.0.0") => JSON.stringify({ name, version, description: "Says." });
const file = (fields: string, content: string) => `---\n${fields}\n---\n${content}\n`;
const hooks = (moment: string, command: string) =>
  JSON.stringify({ hooks: { [moment]: [{ hooks: [{ command }] }] } });

/** A plugin with every part that needs no program. */
const SKY: FilesToWrite = {
  ".claude-plugin/plugin.json": manifest("sky", "2.0.0"),
  "skills/tides.md": file("triggers: [tides]", "High at noon."),
  "skills/loose.md": "Always.",
  "commands/now.md": file("description: Tells.\nargument-hint: place", "Tell $ARGUMENTS."),
  "commands/bare.md": "Bare.",
  "hooks/hooks.json": hooks("SessionStart", "echo started"),
  "agents/critic.md": file("name: critic\ndescription: Criticises.", "You criticise."),
};

const AGENT_PLUGIN: FilesToWrite = {
  "plugin.json": JSON.stringify({
    $schema: "https://agent-plugins.org/schemas/1.0.0/plugin.schema.json",
    name: "sea.level",
    version: "3.0.0",
    extensions: { "dev.openhands": { entry_command: "go" } },
  }),
  "skills/one.md": file("triggers: [waves]", "Waves."),
  "commands/not.md": "Not read.",
  "dev.openhands/commands/go.md": file("description: Goes.", "Go."),
  "dev.openhands/hooks/hooks.json": hooks("SessionStart", "echo sea"),
};

function below(folder: string, files: FilesToWrite): FilesToWrite {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [`${folder}/${path}`, content]));
}

const marketplace = (plugins: object[], skills: object[] = []) =>
  JSON.stringify({ name: "m", owner: { name: "o" }, plugins, skills });

const MARKETS: FilesToWrite = {
  ...below("market/sky", SKY),
  ...below("market/sea", AGENT_PLUGIN),
  "market/.plugin/marketplace.json": marketplace(
    [
      { name: "sky", source: "./sky" },
      { name: "sea", source: "sea", description: "Sea." },
      { name: "gone", source: "./gone" },
    ],
    [{ name: "lone", source: "./lone" }],
  ),
  "market/lone/SKILL.md": file("name: lone\ndescription: Lone.", "Lone."),
  "other/.claude-plugin/marketplace.json": marketplace([{ name: "sky", source: "./sky" }]),
  ...below("other/sky", { "commands/now.md": "Of the other." }),
  "plain/skills/found/SKILL.md": file("name: found\ndescription: Found.", "Found."),
  "broken/.plugin/marketplace.json": "no JSON",
};

async function askEach(client: Client, path: string, bodies: readonly object[]): Promise<void> {
  for (const body of bodies) await client.ask("POST", path, body);
}

/** The folder of one kind of installed extension, from the first to the last request about it. */
async function installEach(client: Client, kind: "skill" | "plugin", workspace: string): Promise<void> {
  const base = `/api/${kind}s`;
  const source = join(workspace, "source");
  await client.ask("GET", `${base}/installed`);
  await askEach(client, `${base}/install`, [
    { source: join(workspace, "missing") },
    { source: "justaname" },
    { source: "" },
    { source: join(workspace, "bad") },
    { source, repo_path: "../bad" },
    { source },
    { source },
    { source, force: true },
  ]);
  await client.ask("GET", `${base}/installed`);
  await client.ask("GET", `${base}/installed/one`);
  await client.ask("PATCH", `${base}/installed/one`, { enabled: false });
  await client.ask("PATCH", `${base}/installed/one`, {});
  await client.ask("GET", `${base}/installed/one`);
  writeFiles(source, { "skills/new.md": "New.", "references/new.md": "New." });
  await client.ask("POST", `${base}/installed/one/refresh`);
  writeFiles(source, { "SKILL.md": "---\nname: [\n---\n", "plugin.json": "no JSON" });
  await client.ask("POST", `${base}/installed/one/refresh`);
  await client.ask("GET", `${base}/installed/one`);
  for (const name of ["gone", "Not_A_Name", "a--b"]) {
    await client.ask("GET", `${base}/installed/${name}`);
    await client.ask("PATCH", `${base}/installed/${name}`, { enabled: true });
    await client.ask("POST", `${base}/installed/${name}/refresh`);
    await client.ask("DELETE", `${base}/installed/${name}`);
  }
  await client.ask("DELETE", `${base}/installed/one`);
  await client.ask("DELETE", `${base}/installed/one`);
  await client.ask("GET", `${base}/installed`);
}

/** Writes files into the project, and then sends a message. */
const start = (message: string, files: FilesToWrite) => ({
  script: [finish],
  drive: async (client: Client, { workspace }: { workspace: string }) => {
    writeFiles(workspace, files);
    await client.sendAndWait(message);
    await client.get("?include_skills=true");
  },
});

export const pluginScenarios: Scenario[] = [
  {
    name: "a plugin of the request, by path",
    ...start("Please /sky:now for Oslo, and the tides.", below("sky", SKY)),
    request: (folder) => ({ plugins: [{ source: join(folder, "sky") }] }),
    agent: { agent_context: {} },
  },
  {
    name: "two plugins of the request, with hooks of the request and the same skill in both",
    ...start("The tides?", {
      ...below("sky", SKY),
      ...below("sea", AGENT_PLUGIN),
      "sea/skills/tides.md": file("triggers: [tides]", "Low."),
    }),
    request: (folder) => ({
      plugins: [{ source: join(folder, "sky") }, { source: folder, repo_path: "sea" }],
      hook_config: { session_start: [{ hooks: [{ command: "echo request" }] }] },
    }),
    agent: { agent_context: {} },
  },
  {
    name: "a plugin without an agent context",
    ...start("Go.", below("sky", { "README.md": "Nothing." })),
    request: (folder) => ({ plugins: [{ source: join(folder, "sky") }] }),
  },
  {
    name: "plugins that lie in the project",
    agent: { agent_context: {} },
    ...start("/inside:now", {
      ".agents/plugins/inside/commands/now.md": "Now.",
      ".openhands/plugins/inside/commands/now.md": "Hidden by the other.",
      ".openhands/plugins/broken/plugin.json": "no JSON",
      ...below(".openhands/plugins/sea", AGENT_PLUGIN),
    }),
  },
  {
    name: "marketplaces that load by themselves",
    ...start("Please /sky:now.", MARKETS),
    agent: (_llm, folder) => ({
      agent_context: {
        registered_marketplaces: [
          { name: "m", source: join(folder, "market"), auto_load: ["sky", "lone"] },
          { name: "plain", source: join(folder, "plain"), auto_load: true },
          { name: "broken", source: join(folder, "broken"), auto_load: true },
          { name: "off", source: join(folder, "other") },
        ],
      },
    }),
  },
  {
    name: "a plugin that is loaded later",
    script: [finish, finish],
    agent: (_llm, folder) => ({
      agent_context: {
        registered_marketplaces: [
          { name: "m", source: join(folder, "market") },
          { name: "o", source: join(folder, "other") },
        ],
      },
    }),
    drive: async (client, { workspace }) => {
      writeFiles(workspace, MARKETS);
      await client.sendAndWait("Hello.");
      await client.post("/load_plugin", { plugin_ref: "sky@m" });
      await client.get("?include_skills=true");
      await client.sendAndWait("Please /sky:now.");
    },
  },
  {
    name: "references that lead to no plugin",
    script: [finish],
    agent: (_llm, folder) => ({
      agent_context: {
        registered_marketplaces: [
          { name: "m", source: join(folder, "market") },
          { name: "o", source: join(folder, "other") },
        ],
      },
    }),
    drive: async (client, { workspace }) => {
      writeFiles(workspace, MARKETS);
      for (const plugin_ref of ["nope", "nope@m", "sky", "sky@nope", "", "@m", "sky@", "gone"])
        await client.post("/load_plugin", { plugin_ref });
      await client.post("/load_plugin", {});
      await client.post("/load_plugin", { plugin_ref: 5 });
      await client.ask("POST", "/api/conversations/00000000-0000-4000-8000-00000000dead/load_plugin", {
        plugin_ref: "sky",
      });
    },
  },
  {
    name: "a plugin is loaded without a context, and without marketplaces",
    script: [],
    drive: async (client) => {
      await client.post("/load_plugin", { plugin_ref: "sky" });
    },
  },
  {
    name: "a plugin is loaded without marketplaces",
    script: [],
    agent: { agent_context: {} },
    drive: async (client) => {
      await client.post("/load_plugin", { plugin_ref: "sky" });
    },
  },
  {
    name: "a plugin that is fetched, and the failures of that",
    script: [],
    drive: async (client, { workspace }) => {
      writeFiles(workspace, {
        "p/.plugin/plugin.json": manifest("p"),
        "none/a.md": "",
        "bad/plugin.json": "no JSON",
      });
      const repository = new GitRepository(join(workspace, "repo"), {
        "p/.plugin/plugin.json": manifest("p"),
        "p/commands/go.md": "Go.",
        "p/skills/a.md": "A.",
      });
      repository.git("tag", "v1");
      const secrets = { TAG: { kind: "StaticSecret", value: "v1" } };
      await askEach(client, "/api/plugins/fetch", [
        { source: join(workspace, "p") },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the source
        { source: repository.url, ref: "${TAG}", repo_path: "p", secrets },
        { source: repository.url, ref: "main", repo_path: "/p/" },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the source
        { source: "https://${NOPE}@h.example/r" },
        { source: "justaname" },
        { source: "github:owner" },
        { source: repository.url, ref: "nope" },
        { source: repository.url, repo_path: "missing" },
        { source: repository.url, repo_path: "../.." },
        { source: join(workspace, "none") },
        { source: join(workspace, "bad") },
        { source: `file://${workspace}/missing` },
        { source: "" },
        { source: repository.url, timeout: 0 },
        {},
      ]);
    },
  },
  {
    name: "a plugin is installed, brought up to date and removed",
    alone: true,
    script: [],
    drive: async (client, { workspace }) => {
      writeFiles(workspace, {
        "source/.plugin/plugin.json": manifest("one"),
        "source/commands/go.md": file("description: Goes.", "Go."),
        "bad/.plugin/plugin.json": manifest("Not Kebab"),
      });
      await installEach(client, "plugin", workspace);
    },
  },
  {
    name: "a skill is installed, brought up to date and removed",
    alone: true,
    script: [],
    drive: async (client, { workspace }) => {
      writeFiles(workspace, {
        "one/SKILL.md": file("name: one\ndescription: One.", "One."),
        "bad/SKILL.md": file("name: other", "Name and folder differ."),
      });
      writeFiles(workspace, { source: { link: "one" } });
      await installEach(client, "skill", workspace);
    },
  },
];
