import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServer } from "../../../src/index.ts";
import { memoryStore } from "../../../src/stores/memory.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-launch-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function open() {
  const server = createServer({
    keyless: "loopback",
    store: memoryStore(),
    logger: "silent",
    secretKey: "key",
    browser: false,
  });
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const request = new Request(`http://localhost${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await server.fetch(request);
    const warning = response.headers.get("warning");
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
    return { warning, status: response.status, body: (await response.json()) as any };
  };
}

/** Skills of a catalogue, as Agent Canvas sends them with each start. */
const skills = Array.from({ length: 40 }, (_, index) => ({
  name: `skill-${index}`,
  content: `How to do thing ${index}. `.repeat(200),
  trigger: index % 2 === 0 ? null : { type: "keyword", keywords: [`thing${index}`] },
  source: `https://github.com/example/extensions/blob/main/skills/skill-${index}/SKILL.md`,
  description: `Does thing ${index}`,
  is_agentskills_format: true,
}));

describe("a start with settings, as Agent Canvas sends it", () => {
  it("takes the encrypted settings back, with tools that are not here and 160 kB of skills", async () => {
    const call = open();
    await call("PATCH", "/api/settings", {
      agent_settings_diff: { llm: { model: "openai/scripted", api_key: "sk-1" } },
    });
    const settings = await call("GET", "/api/settings", undefined, { "x-expose-secrets": "encrypted" });
    const { agent_settings } = settings.body;
    const id = crypto.randomUUID();
    const body = {
      conversation_id: id,
      agent_settings: {
        ...agent_settings,
        llm: { ...agent_settings.llm, stream: true },
        agent_context: {
          skills,
          load_public_skills: false,
          load_user_skills: true,
          load_project_skills: true,
          disabled_skills: [],
        },
        tools: ["terminal", "file_editor", "task_tracker", "browser_tool_set", "task_tool_set"].map(
          (name) => ({
            name,
            params: {},
          }),
        ),
      },
      secrets_encrypted: true,
      workspace: { kind: "LocalWorkspace", working_dir: join(folder, "project") },
      worktree: true,
      confirmation_policy: { kind: "NeverConfirm" },
      max_iterations: 500,
      stuck_detection: true,
      autotitle: true,
      tags: { clientsource: "agentcanvas" },
      secrets: {
        TOKEN: {
          kind: "LookupSecret",
          url: "/api/settings/secrets/TOKEN",
          headers: { "X-Session-API-Key": "k" },
        },
      },
    };
    expect(JSON.stringify(body).length).toBeGreaterThan(160_000);
    const started = await call("POST", "/api/conversations", body);
    expect(started.status).toBe(201);
    expect(started.body).toMatchObject({
      id,
      agent: {
        kind: "Agent",
        llm: { model: "openai/scripted", stream: true },
        condenser: { kind: "LLMSummarizingCondenser", llm: { usage_id: "condenser" } },
        tools: expect.arrayContaining([expect.objectContaining({ name: "terminal" })]),
      },
    });
    expect(JSON.stringify(started.body)).not.toContain("sk-1");
    // Settings name a browser for every server, so it is left out where there is none.
    expect(started.body.agent.tools.map(({ name }: { name: string }) => name)).toEqual([
      "terminal",
      "file_editor",
      "task_tracker",
      "task_tool_set",
    ]);
    expect(started.warning).toContain("browser_tool_set");
  });

  it("has no critic when the key of the settings is of another server", async () => {
    const call = open();
    const start = (api_key: string) =>
      call("POST", "/api/conversations", {
        agent_settings: { llm: { model: "openai/m", api_key }, verification: { critic_enabled: true } },
        secrets_encrypted: true,
        workspace: { working_dir: join(folder, "critic") },
      });
    expect((await start("plain")).body.agent.critic).toMatchObject({ kind: "APIBasedCritic" });
    const { status, body } = await start(`gAAAAA${"x".repeat(100)}`);
    expect([status, body.agent.critic]).toEqual([201, null]);
  });

  it("leads to an agent that is another program, with the command that the settings name or stand for", async () => {
    const start = (settings: object) =>
      open()("POST", "/api/conversations", {
        agent_settings: { agent_kind: "acp", ...settings },
        client_tools: [{ name: "draw", description: "Draws.", parameters: { type: "object" } }],
        workspace: { working_dir: join(folder, "acp") },
      });
    const { status, body } = await start({ acp_server: "pi", acp_model: "large" });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      current_model_id: "large",
      agent: {
        kind: "ACPAgent",
        acp_server: "pi",
        acp_command: [
          "npx",
          "-y",
          "--prefer-offline",
          "--package=pi-acp@0.0.33",
          "--package=@earendil-works/pi-coding-agent@0.83.0",
          "pi-acp",
        ],
        llm: { model: "large", usage_id: "acp-managed" },
        tools: [],
        include_default_tools: [],
      },
    });
    expect((await start({ acp_server: "custom", acp_command: ["run"] })).body.agent.acp_command).toEqual([
      "run",
    ]);
    const refused = await start({ acp_server: "custom" });
    expect(refused.status).toBe(422);
    expect(refused.body.detail).toMatch(/^ACPAgentSettings\.acp_command must be set/);
  });
});
