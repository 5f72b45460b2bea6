import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LlmRequest, memoryStore } from "agent-server";
import { call, say, scriptedLlm } from "agent-server/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Ask, openServer } from "../open-server.ts";

const LLM = { model: "openai/gpt-4o", api_key: "sk-secret-1", base_url: "http://127.0.0.1:9/v1" };

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-profile-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function open(options: Parameters<typeof openServer>[0] = {}): Ask {
  return openServer({
    secretKey: "secret",
    userDir: join(folder, "user"),
    conversationsPath: join(folder, "conversations"),
    ...options,
  });
}

async function save(ask: Ask, profile: object = {}, name = "coder"): Promise<string> {
  await ask("POST", "/api/profiles/fast", { llm: LLM });
  const saved = await ask("POST", `/api/agent-profiles/${name}`, { llm_profile_ref: "fast", ...profile });
  expect(saved.status).toBe(201);
  return (await ask("GET", `/api/agent-profiles/${name}`)).body.profile.id;
}

function start(ask: Ask, agent_profile_id: string, more: object = {}) {
  const workspace = { working_dir: join(folder, "work") };
  return ask("POST", "/api/conversations?include_skills=true", { agent_profile_id, workspace, ...more });
}

/** The secrets that a conversation has, by name. */
async function secretsOf(ask: Ask, id: string): Promise<string[]> {
  const { body } = await ask("GET", `/api/conversations/${id}`);
  return Object.keys(body.secret_registry.secret_sources);
}

describe("a conversation launched from an agent profile", () => {
  it("has the model, tools and texts of the profile, and streams", async () => {
    const ask = open();
    const id = await save(ask, {
      persona: "A pirate.",
      system_message_suffix: "Be brief.",
      tool_concurrency_limit: 3,
      disabled_skills: ["noise"],
    });
    const { status, body } = await start(ask, id, {
      agent_launch_additions: { system_message_suffix_append: "And kind." },
    });
    expect(status).toBe(201);
    expect(body.launched_agent_profile).toEqual({
      agent_profile_id: id,
      revision: 0,
      secret_refs: null,
      llm_profile_ref: null,
    });
    expect(body.agent).toMatchObject({
      kind: "Agent",
      llm: { model: "openai/gpt-4o", base_url: LLM.base_url, stream: true, api_key: null },
      include_default_tools: ["FinishTool", "ThinkTool", "SwitchLLMTool"],
      persona: "A pirate.",
      tool_concurrency_limit: 3,
      agent_context: {
        system_message_suffix: "Be brief.\n\nAnd kind.",
        disabled_skills: ["noise"],
        load_project_skills: true,
        current_datetime: expect.stringMatching(/Z$/),
      },
      condenser: { kind: "LLMSummarizingCondenser" },
    });
    expect(body.agent.tools.map(({ name }: { name: string }) => name)).toEqual([
      "terminal",
      "file_editor",
      "task_tracker",
    ]);
  });

  it("shows its profile after a restart and a change of the profile", async () => {
    const store = memoryStore();
    const ask = open({ store });
    const id = await save(ask, { secret_refs: ["TOKEN"] });
    const conversation = (await start(ask, id)).body.id;
    await save(ask, { persona: "Other." });
    const again = open({ store });
    const { body } = await again("GET", `/api/conversations/${conversation}`);
    expect(body.launched_agent_profile).toMatchObject({
      agent_profile_id: id,
      revision: 0,
      secret_refs: ["TOKEN"],
    });
    expect(body.agent.persona).toBeNull();
    expect((await start(again, id)).body.launched_agent_profile.revision).toBe(1);
  });

  it("can have another model for once", async () => {
    const ask = open();
    const id = await save(ask);
    await ask("POST", "/api/profiles/slow", { llm: { ...LLM, model: "openai/o3" } });
    const { body } = await start(ask, id, { agent_launch_additions: { llm_profile_ref: "slow" } });
    expect(body.agent.llm.model).toBe("openai/o3");
    expect(body.launched_agent_profile.llm_profile_ref).toBe("slow");
  });

  it("asks the model with the key of the profile, also one that a connection has", async () => {
    const created = vi.fn();
    const requests: LlmRequest[] = [];
    const llm = scriptedLlm([say("Hello.")]);
    const ask = open({
      createLlm(config) {
        created(config.model, config.api_key, config.base_url);
        return {
          ...llm,
          complete(request) {
            requests.push(request);
            return llm.complete(request);
          },
        };
      },
    });
    const connection = await ask("POST", "/api/llm/provider-connections", {
      display_name: "Shared",
      provider: "openai",
      api_key: "sk-shared",
      base_url: "http://127.0.0.1:9/shared",
    });
    const id = await save(ask, { persona: "You are Captain Flint." });
    await ask("POST", "/api/profiles/fast", {
      llm: { model: "openai/gpt-4o", provider_connection_id: connection.body.id },
    });
    const { body } = await start(ask, id, {
      autotitle: false,
      initial_message: { role: "user", content: [{ type: "text", text: "Hi" }] },
    });
    await vi.waitFor(
      async () => {
        const now = await ask("GET", `/api/conversations/${body.id}`);
        expect(now.body.execution_status).toBe("finished");
      },
      { timeout: 30_000 },
    );
    expect(created).toHaveBeenCalledWith("openai/gpt-4o", "sk-shared", "http://127.0.0.1:9/shared");
    expect(JSON.stringify(requests[0]?.messages)).toContain("Captain Flint");
  });

  it("has the skills of the user that the profile leaves on, and those of the start under free names", async () => {
    const skills = join(folder, "user", "skills");
    await mkdir(skills, { recursive: true });
    await writeFile(join(skills, "tabs.md"), "Use tabs.");
    await writeFile(join(skills, "noise.md"), "Shout.");
    const ask = open();
    const id = await save(ask, { disabled_skills: ["noise"], public_skills: [] });
    const added = ["tabs", "noise", "more"].map((name) => ({ name, content: `Added ${name}.` }));
    const { body } = await start(ask, id, { agent_launch_additions: { skills: added } });
    const contents = body.agent.agent_context.skills.map(({ content }: { content: string }) =>
      content.trim(),
    );
    expect(contents).toEqual(["Use tabs.", "Added more."]);
    await rm(skills, { recursive: true });
  });

  it("exists once: a second start with its id changes nothing, whatever profile that names", async () => {
    const ask = open();
    const id = await save(ask);
    const conversation_id = crypto.randomUUID();
    expect((await start(ask, id, { conversation_id })).status).toBe(201);
    expect((await start(ask, crypto.randomUUID(), { conversation_id })).status).toBe(200);
  });
});

describe("the secrets of a profile", () => {
  const secrets = {
    TOKEN: { kind: "StaticSecret", value: "t" },
    OTHER: { kind: "StaticSecret", value: "o" },
  };

  it.each([
    [null, ["TOKEN", "OTHER"], ["TOKEN", "OTHER", "LATER"]],
    [[], [], []],
    [["TOKEN", "LATER", "NEVER"], ["TOKEN"], ["TOKEN", "LATER"]],
  ])("%j lets only these reach the conversation, then and later", async (secret_refs, first, later) => {
    const store = memoryStore();
    const ask = open({ store });
    const id = await save(ask, { secret_refs });
    const conversation = (await start(ask, id, { secrets })).body.id;
    expect(await secretsOf(ask, conversation)).toEqual(first);
    // What the profile says later is not asked.
    await save(ask, { secret_refs: null });
    const again = open({ store });
    const path = `/api/conversations/${conversation}/secrets`;
    expect((await again("POST", path, { secrets: { LATER: "l", SECOND: "s" } })).status).toBe(200);
    expect(await secretsOf(again, conversation)).toEqual(secret_refs === null ? [...later, "SECOND"] : later);
  });

  it("keeps the others from the commands of the agent", async () => {
    const ask = open({
      createLlm: () => scriptedLlm([call("terminal", { command: 'echo "[$TOKEN][$OTHER]"' }), say("Done.")]),
    });
    const id = await save(ask, { secret_refs: ["TOKEN"], tools: [{ name: "terminal" }] });
    const { body } = await start(ask, id, {
      secrets,
      autotitle: false,
      initial_message: { role: "user", content: [{ type: "text", text: "Hi" }] },
    });
    await vi.waitFor(
      async () => {
        const { body: page } = await ask("GET", `/api/conversations/${body.id}/events/search`);
        const seen = page.items.find(({ kind }: { kind: string }) => kind === "ObservationEvent");
        expect(JSON.stringify(seen.observation)).toContain("[<secret-hidden>][]");
      },
      { timeout: 30_000 },
    );
  });
});

describe("a launch that is not possible", () => {
  it("names everything that the profile refers to in vain", async () => {
    const ask = open();
    await ask("POST", "/api/meta-profiles/rules", {
      classifier_model: "gone",
      classes: [
        { description: "hard", model: "fast" },
        { description: "odd", model: "lost" },
      ],
    });
    const id = await save(ask, {
      llm_profile_ref: "none",
      mcp_server_refs: ["b", "a", "b"],
      enable_classify_and_switch_llm_tool: true,
      meta_profile_ref: "rules",
    });
    expect(await start(ask, id)).toEqual({
      status: 422,
      body: {
        detail: {
          code: "unresolved_profile_references",
          message:
            "LLM profile 'none' not found; MCP server(s) not configured: b, a; " +
            "LLM profile(s) routed to by the meta-profile not found: gone, lost",
          dangling_llm_profile_ref: "none",
          dangling_mcp_server_refs: ["b", "a"],
          dangling_meta_profile_ref: null,
          dangling_meta_profile_llm_refs: ["gone", "lost"],
        },
      },
    });
    expect((await ask("GET", "/api/conversations/count")).body).toBe(0);
  });

  it("says which profile is unknown", async () => {
    const id = crypto.randomUUID();
    expect(await start(open(), id)).toEqual({
      status: 404,
      body: { detail: `Agent profile with id '${id}' not found` },
    });
  });

  it("tells of a provider connection that is gone", async () => {
    const ask = open();
    const id = await save(ask);
    await ask("POST", "/api/profiles/fast", { llm: { model: "openai/x", provider_connection_id: "gone" } });
    const { status, body } = await start(ask, id);
    expect(status).toBe(422);
    expect(body.detail).toMatchObject({ code: "invalid_agent_launch" });
    expect(body.detail.message).toContain("LLM profile 'fast'");
  });

  it("takes no other model for another program", async () => {
    const ask = open();
    const id = await save(ask, { agent_kind: "acp", llm_profile_ref: undefined });
    const { status, body } = await start(ask, id, { agent_launch_additions: { llm_profile_ref: "fast" } });
    expect(status).toBe(422);
    expect(body.detail.code).toBe("invalid_agent_launch");
    expect((await start(ask, id)).body.agent).toMatchObject({ kind: "ACPAgent", acp_server: "claude-code" });
  });

  it.each([
    [{ agent: { llm: { model: "m" } } }, "mutually exclusive"],
    [{ agent_settings: {} }, "mutually exclusive"],
    [{ agent_profile_id: null }, "must be provided"],
    [
      { agent_profile_id: null, agent_settings: {}, agent_launch_additions: { llm_profile_ref: "x" } },
      "requires",
    ],
    [{ agent_profile_id: "coder" }, "valid UUID"],
  ])("refuses %j", async (more, words) => {
    const { status, body } = await start(open(), crypto.randomUUID(), more);
    expect(status).toBe(422);
    expect(JSON.stringify(body.detail)).toContain(words);
  });

  it("has the servers of MCP that the profile chooses", async () => {
    const ask = open();
    await ask("POST", "/api/settings/mcp/files", { command: "mcp" });
    const id = await save(ask);
    expect((await start(ask, id)).body.agent.mcp_config).toEqual({
      files: { command: "mcp", enabled: true },
    });
    await save(ask, { mcp_server_refs: [] });
    expect((await start(ask, id)).body.agent.mcp_config).toEqual({});
  });
});

describe("the launch of any agent", () => {
  const agents = [
    [
      "a posted agent",
      { agent: { llm: LLM, agent_context: { current_datetime: "2020-01-01T00:00:00+02:00" } } },
    ],
    [
      "settings",
      { agent_settings: { llm: LLM, agent_context: { current_datetime: "2020-01-01T00:00:00+02:00" } } },
    ],
  ] as const;

  it.each(agents)("shows %s the time of the launch in its zone", async (_, source) => {
    const { body } = await start(open(), null as unknown as string, source);
    const { current_datetime: shown } = body.agent.agent_context;
    expect(shown).toMatch(/\.\d{6}\+02:00$/);
    expect(Date.parse(shown)).toBeGreaterThan(Date.parse("2026-01-01"));
    expect(body.launched_agent_profile).toBeNull();
  });

  it.each(agents)(
    "leaves words of %s as they are, and adds the memory that the settings turn on",
    async (_, source) => {
      const ask = open();
      await ask("PATCH", "/api/settings", { agent_settings_diff: { agent_context: { load_memory: true } } });
      const [[key, agent] = ["", {}]] = Object.entries(source);
      const worded = { [key]: { ...agent, agent_context: { current_datetime: "one fine day" } } };
      const { body } = await start(ask, null as unknown as string, worded);
      expect(body.agent.agent_context).toMatchObject({ current_datetime: "one fine day", load_memory: true });
    },
  );
});
