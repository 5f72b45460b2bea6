import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Client } from "../../client.ts";
import { call, edit, finish, type Scenario, type Setting } from "../../scenario.ts";

const project = { agent_context: { load_project_skills: true } };
const keyword = (name: string, content: string, ...keywords: string[]) => ({
  name,
  content,
  trigger: { type: "keyword", keywords },
});

/** Writes the project before the first message: it is read then. */
function withFiles(files: Readonly<Record<string, string>>, drive?: (client: Client) => Promise<void>) {
  return async (client: Client, { workspace }: Setting): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), text);
    }
    if (drive) await drive(client);
    else await client.sendAndWait("Go.");
    await client.get("?include_skills=true");
  };
}

const standard = (name: string, content: string, more = "") =>
  `---\nname: ${name}\ndescription: About ${name} & <more>.\n${more}---\n${content}\n`;

const ALL_OTHERS = {
  "AGENTS.md": "Use tabs.\n",
  "CLAUDE.md": "For Claude.\n",
  "GEMINI.md": "For Gemini.\n",
  ".cursorrules": "For Cursor.\n",
};

export const skillScenarios: Scenario[] = [
  {
    name: "skills: words, each once, with a suffix after every message",
    script: [finish, finish, finish],
    agent: {
      agent_context: {
        skills: [
          keyword("git", "Commit often.\n\nPush never.", "git", "commit"),
          keyword("never", "Never.", "nothing"),
          {
            ...keyword("placed", "Placed.", "GITHUB"),
            source: "/skills/placed.md",
            description: "It is placed.",
          },
        ],
        user_message_suffix: "\n Be brief. ",
      },
    },
    drive: async (client) => {
      await client.sendAndWait("Use Git, and (github) too.");
      await client.sendAndWait("More git, digit.");
      await client.sendAndWait("  ");
      await client.get("?include_skills=true");
    },
  },
  {
    name: "skills: a task with inputs",
    script: [finish],
    agent: {
      agent_context: {
        skills: [{ name: "deploy", content: "To it.", trigger: { type: "task", triggers: ["/deploy"] } }],
      },
    },
    drive: async (client) => client.sendAndWait("Please /deploy this."),
  },
  {
    name: "skills: files of other agents, for a model of no family",
    script: [finish],
    agent: project,
    llm: { model: "openai/scripted" },
    drive: withFiles(ALL_OTHERS),
  },
  {
    name: "skills: files of other agents, for Claude",
    script: [finish],
    agent: project,
    llm: { model: "openai/claude-scripted" },
    drive: withFiles(ALL_OTHERS),
  },
  {
    name: "skills: files of other agents, for Gemini",
    script: [finish],
    agent: project,
    llm: { model: "openai/gemini-scripted" },
    drive: withFiles(ALL_OTHERS),
  },
  {
    name: "skills: one file under two names",
    script: [finish],
    agent: project,
    drive: async (client, setting) => {
      await symlink("AGENTS.md", join(setting.workspace, "CLAUDE.md"));
      await withFiles({ "AGENTS.md": "Once.\n" })(client, setting);
    },
  },
  {
    name: "skills: rules of folders and of paths, each once",
    script: (workspace) => [
      edit({ command: "view", path: join(workspace, "api/deep/a.ts") }),
      edit({ command: "view", path: join(workspace, "api/deep/a.ts") }),
      edit({ command: "view", path: "/etc/hostname" }),
      finish,
    ],
    agent: project,
    drive: withFiles({
      "api/AGENTS.md": "Keep it stable.\n",
      "api/deep/CLAUDE.md": "Deep.\n",
      "api/deep/a.ts": "a\n",
      "node_modules/x/AGENTS.md": "Not ours.\n",
      ".agents/skills/typed.md": "---\npaths: '*.ts, src/**'\ntriggers: [typed]\n---\nTyped.\n",
    }),
  },
  {
    name: "skills: read on demand",
    script: [
      call("invoke_skill", { name: "pdf" }),
      call("invoke_skill", { name: " pdf " }),
      call("invoke_skill", { name: "bare" }),
      finish,
    ],
    agent: {
      agent_context: {
        load_project_skills: true,
        skills: [{ name: "bare", content: "Bare.\nMore of it.", is_agentskills_format: true }],
      },
    },
    drive: withFiles({
      ".agents/skills/pdf/SKILL.md": standard(
        "pdf",
        "It says !`echo hi` and `!x` and \\!`echo no`.\n```\n!`echo no`\n```",
      ),
      ".agents/skills/pdf/scripts/run.sh": "",
      ".agents/skills/pdf/references/deep/a.md": "A.\n",
      ".agents/skills/long/SKILL.md": `---\nname: long\n---\n# Long\n\nFirst line.\n${"x".repeat(50)}\n`,
    }),
  },
  {
    name: "skills: that the model may not ask for",
    script: [finish],
    agent: project,
    drive: withFiles(
      {
        ".agents/skills/hidden/SKILL.md": standard(
          "hidden",
          "Hidden.",
          "disable-model-invocation: true\ntriggers: [hush]\n",
        ),
        ".agents/skills/worded.md": "---\ntriggers: [word]\ndisable_model_invocation: true\n---\nWorded.\n",
      },
      (client) => client.sendAndWait("Hush: a word."),
    ),
  },
  {
    name: "skills: fields of files, and faulty ones",
    script: [finish],
    agent: project,
    drive: withFiles({
      ".agents/skills/full/SKILL.md": standard(
        "full",
        "Full.",
        "license: MIT\ncompatibility: any\nmetadata: {a: 1, b: x}\nallowed-tools: read write\n",
      ),
      ".agents/skills/wrong/SKILL.md": standard("other", "Wrong."),
      ".agents/skills/list.md": "---\ntriggers: word\n---\nWrong.\n",
      ".agents/skills/yaml.md": "---\na: [\n---\nWrong.\n",
      ".openhands/microagents/deep/plain.md": "Plain.\n",
      ".openhands/skills/README.md": "No skill.\n",
    }),
  },
  {
    name: "skills: the project wins over the request, and what is disabled is gone",
    script: [finish],
    agent: {
      agent_context: {
        load_project_skills: true,
        skills: [
          { name: "agents", content: "Of the request." },
          { name: "own", content: "Own." },
          { name: "gone", content: "Gone." },
        ],
        disabled_skills: ["gone", "off", "absent"],
      },
    },
    drive: withFiles({
      "AGENTS.md": "Of the project.\n",
      ".agents/skills/same.md": "First.\n",
      ".openhands/skills/same.md": "Second.\n",
      ".agents/skills/off.md": "Off.\n",
    }),
  },
  {
    name: "skills: of the user and public ones, from the start",
    script: [finish],
    agent: {
      agent_context: {
        load_user_skills: true,
        load_public_skills: true,
        skills: [{ name: "mine", content: "Of the request." }],
        disabled_skills: ["old"],
      },
    },
    request: {
      agent_launch_additions: {
        skills: [
          { name: "both", content: "Of the launch." },
          { name: "new", content: "New." },
        ],
      },
    },
    drive: async (client) => {
      await client.get("?include_skills=true");
      await client.sendAndWait("Both.");
      await client.ask("POST", "/api/skills", { load_project: false });
      await client.ask("GET", "/api/skills/catalog");
    },
  },
  {
    name: "memory: notes of the user and of the project",
    script: [finish],
    agent: { agent_context: { load_memory: true } },
    drive: withFiles({ ".openhands/memory/MEMORY.md": `* Port 8080 is taken.\n* End.\n` }),
  },
  {
    name: "memory: too long for its room",
    script: [finish],
    agent: { agent_context: { load_memory: true } },
    drive: withFiles({
      ".openhands/memory/MEMORY.md": Array.from(
        { length: 400 },
        (_, index) => `* Note ${index} of many.`,
      ).join("\n"),
    }),
  },
  {
    name: "a context: persona, suffixes, secrets and a moment",
    script: [finish],
    agent: {
      persona: "You are a gardener.",
      agent_context: {
        system_message_suffix: "  Water first.\n",
        user_message_suffix: "Thanks.",
        secrets: {
          TOKEN: { kind: "StaticSecret", value: "hunter2", description: "For the shop." },
          PLAIN: "plain",
        },
        current_datetime: "2020-01-01T10:00:00+05:30",
      },
    },
    request: {
      secrets: {
        TOKEN: { kind: "StaticSecret", value: "hunter3" },
        MORE: { kind: "StaticSecret", value: "m", description: "More." },
      },
      agent_launch_additions: { system_message_suffix_append: " And weed. " },
    },
    drive: async (client) => client.sendAndWait("Go."),
  },
  {
    name: "a context: words as the moment",
    script: [finish],
    agent: { agent_context: { current_datetime: "a fine day" } },
    drive: async (client) => client.sendAndWait("Go."),
  },
  {
    name: "a context: no moment",
    script: [finish],
    agent: { agent_context: { current_datetime: null } },
    drive: async (client) => client.sendAndWait("Go."),
  },
  {
    name: "a context: a prompt of the agent's own",
    script: [finish],
    agent: {
      system_prompt: "You are a poet.\n",
      agent_context: { skills: [{ name: "always", content: "Rhyme." }], current_datetime: "2020-01-01" },
    },
    drive: async (client) => client.sendAndWait("Go."),
  },
];
