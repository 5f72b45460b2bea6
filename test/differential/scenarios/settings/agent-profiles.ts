import type { Client } from "../../client.ts";
import type { Scenario } from "../../scenario.ts";

const PATH = "/api/agent-profiles";
const LLM = { model: "openai/gpt-4o", api_key: "sk-secret-1", base_url: "http://127.0.0.1:9/v1" };
const UNKNOWN = "00000000-0000-4000-8000-000000000001";

/** The profiles belong to the whole server, so nothing else may be at play, and each scenario begins with none. */
function scenario(name: string, drive: (client: Client, workspace: string) => Promise<void>): Scenario {
  return {
    name,
    script: [],
    alone: true,
    drive: async (client, { workspace }) => {
      for (const [kind, key] of [
        ["agent-profiles", "profiles"],
        ["meta-profiles", "meta_profiles"],
        ["profiles", "profiles"],
      ] as const) {
        const { body } = await client.quietly({ method: "GET", path: `/api/${kind}` });
        const found = (body as Record<string, { name: string }[]>)[key] ?? [];
        for (const one of found) await client.quietly({ method: "DELETE", path: `/api/${kind}/${one.name}` });
      }
      for (const agent_kind of ["acp", "openhands"]) {
        const body = { agent_settings_diff: { agent_kind } };
        await client.quietly({ method: "PATCH", path: "/api/settings", body });
      }
      await client.quietly({ method: "DELETE", path: `${PATH}/default` });
      await drive(client, workspace);
    },
  };
}

function save(client: Client, name: string, profile: object = {}) {
  return client.ask("POST", `${PATH}/${name}`, { llm_profile_ref: "fast", ...profile });
}

async function show(client: Client, ...names: string[]): Promise<void> {
  for (const name of names) await client.ask("GET", `${PATH}/${name}`);
}

async function idOf(client: Client, name: string): Promise<string> {
  const { body } = await client.quietly({ method: "GET", path: `${PATH}/${name}` });
  return (body as { profile: { id: string } }).profile.id;
}

/** Starts a conversation and notes what it has of its profile, apart from what a server is. */
async function start(client: Client, workspace: string, request: object): Promise<void> {
  const { status, body } = await client.quietly({
    method: "POST",
    path: "/api/conversations?include_skills=true",
    body: { workspace: { working_dir: workspace }, ...request },
  });
  const { agent, launched_agent_profile, secret_registry } = body as Record<string, Record<string, unknown>>;
  const shown =
    status === 201
      ? {
          tools: agent?.tools,
          defaults: agent?.include_default_tools,
          llm: agent?.llm,
          persona: agent?.persona,
          concurrency: agent?.tool_concurrency_limit,
          condenser: agent?.condenser,
          critic: agent?.critic,
          context: agent?.agent_context,
          launched_agent_profile,
          secret_registry,
        }
      : body;
  client.noted.push({ call: `start ${JSON.stringify(request).slice(0, 200)}`, status, shown });
}

export const agentProfileScenarios: Scenario[] = [
  scenario("agent profiles: saved, shown and listed", async (client) => {
    await client.ask("GET", PATH);
    await show(client, "default", "nope");
    await save(client, "coder", { id: UNKNOWN, name: "other", revision: 7, persona: "A pirate." });
    await save(client, "coder", { revision: 3, secret_refs: [], mcp_server_refs: ["a"] });
    await save(client, "B.json", {
      tools: [{ name: "FinishTool" }, { name: "finish" }, { name: "terminal" }],
    });
    await save(client, "b-c", { schema_version: 2, enable_sub_agents: true, tools: [] });
    await save(client, "old", { schema_version: 1, skills: [{ name: "x" }], tools: [] });
    await save(client, "switched", {
      schema_version: 3,
      enable_switch_llm_tool: false,
      tools: [{ name: "terminal" }, { name: "SwitchLLMTool" }],
    });
    await client.ask("POST", `${PATH}/prog`, {
      agent_kind: "acp",
      acp_server: "codex",
      acp_command: "run 'it'",
    });
    await client.ask("GET", PATH);
    await show(client, "coder", "B", "B.json", "b-c", "old", "switched", "prog");
    for (const name of ["-x", "a".repeat(65), "a b", "%20"]) await client.ask("GET", `${PATH}/${name}`);
  }),

  scenario("agent profiles: refused", async (client) => {
    const wrong: object[] = [
      { llm_profile_ref: undefined },
      { llm_profile_ref: "" },
      { llm_profile_ref: 3 },
      { agent_kind: "acp" },
      { extra: 1, acp_model: "x" },
      { enable_sub_agents: true },
      { enable_switch_llm_tool: false },
      { tools: [{ name: "finish", params: { a: 1 } }] },
      { tools: ["terminal"] },
      { tools: [{ params: {} }] },
      { tools: "all" },
      { persona: "" },
      { persona: "x".repeat(65_537) },
      { tool_concurrency_limit: 0 },
      { tool_concurrency_limit: 1.5 },
      { revision: -1 },
      { meta_profile_ref: "" },
      { secret_refs: "x" },
      { mcp_server_refs: [1] },
      { disabled_skills: null },
      { public_skills: {} },
      { condenser: { max_size: 3 } },
      { condenser: { enabled: "perhaps" } },
      { condenser: null },
      { verification: { critic_threshold: 2, critic_mode: "no" } },
      { verification: null },
      { agent: null, system_message_suffix: 3, enable_classify_and_switch_llm_tool: "x" },
      { schema_version: 5 },
      { schema_version: 0 },
      { schema_version: "4" },
    ];
    for (const profile of wrong) await save(client, "one", profile);
    for (const body of [
      { agent_kind: "acp", acp_server: "nope", acp_prompt_timeout: 0, acp_args: "x" },
      [],
      "{",
      3,
    ]) {
      await client.ask("POST", `${PATH}/one`, body);
    }
    await client.ask("POST", `${PATH}/one`);
    await client.ask("GET", `${PATH}/one`);
  }),

  scenario("agent profiles: renamed, activated and deleted", async (client) => {
    await save(client, "one");
    await save(client, "two");
    const id = await idOf(client, "one");
    await client.ask("POST", `${PATH}/${id}/activate`);
    await client.ask("GET", PATH);
    for (const wrong of [UNKNOWN, "one", "x".repeat(129)])
      await client.ask("POST", `${PATH}/${wrong}/activate`);
    const rename = (name: string, new_name: unknown) =>
      client.ask("POST", `${PATH}/${name}/rename`, { new_name });
    await rename("one", "two");
    await rename("one", "one");
    await rename("nope", "x");
    await rename("one", "-x");
    await rename("one", 3);
    await rename("one", "three");
    await show(client, "one", "three");
    await client.ask("GET", PATH);
    await client.ask("DELETE", `${PATH}/three`);
    await client.ask("GET", PATH);
    await client.ask("DELETE", `${PATH}/default`);
    await client.ask("GET", PATH);
    await client.ask("DELETE", `${PATH}/nope`);
    await client.ask("PATCH", "/api/settings", { active_agent_profile_id: UNKNOWN });
  }),

  scenario("agent profiles: the first of the settings", async (client) => {
    await client.ask("PATCH", "/api/settings", {
      agent_settings_diff: {
        llm: LLM,
        persona: "A pirate.",
        tools: [{ name: "terminal" }, { name: "think" }],
        agent_context: { disabled_skills: ["a"], system_message_suffix: "Be brief." },
        condenser: { max_size: 80 },
        verification: { critic_threshold: 0.9 },
        tool_concurrency_limit: 2,
      },
    });
    await client.quietly({ method: "DELETE", path: `${PATH}/default` });
    await client.ask("GET", PATH);
    await show(client, "default");
    await client.ask("GET", "/api/profiles");
    await client.ask("DELETE", "/api/profiles/default");
    await client.quietly({
      method: "PATCH",
      path: "/api/settings",
      body: {
        agent_settings_diff: { agent_kind: "acp", acp_command: ["run", "it's", "a b"], acp_args: ["x"] },
      },
    });
    await client.ask("DELETE", `${PATH}/default`);
    await show(client, "default");
    await client.ask("GET", "/api/settings");
  }),

  scenario("agent profiles: tried out", async (client) => {
    await client.quietly({ method: "POST", path: "/api/profiles/fast", body: { llm: LLM } });
    await client.quietly({
      method: "POST",
      path: "/api/profiles/keyless",
      body: { llm: { model: "openai/x" } },
    });
    const rules = { classifier_model: "gone", classes: [{ description: "a", model: "fast" }] };
    await client.quietly({ method: "POST", path: "/api/meta-profiles/rules", body: rules });
    await client.quietly({
      method: "POST",
      path: "/api/meta-profiles/good",
      body: { classifier_model: "fast", classes: [{ description: "a", model: "keyless" }] },
    });
    await save(client, "coder", {
      disabled_skills: ["a"],
      secret_refs: ["T"],
      system_message_suffix: "Be brief.",
    });
    const path = `${PATH}/coder/materialize`;
    await client.ask("POST", path);
    const drafts: object[] = [
      {},
      { llm_profile_ref: "none" },
      { llm_profile_ref: "keyless", tools: [{ name: "terminal" }, { name: "finish" }] },
      { mcp_server_refs: ["a", "b", "a"] },
      { mcp_server_refs: [], tools: [] },
      { enable_classify_and_switch_llm_tool: true, meta_profile_ref: "rules" },
      { enable_classify_and_switch_llm_tool: true, meta_profile_ref: "none", llm_profile_ref: "none" },
      { enable_classify_and_switch_llm_tool: false, meta_profile_ref: "none" },
      { tools: [{ name: "teleport" }, { name: "terminal" }] },
      { tools: 3 },
      { agent_kind: "acp", llm_profile_ref: undefined, acp_server: "custom" },
      { agent_kind: "acp", llm_profile_ref: undefined, acp_server: "custom", acp_command: "run 'it" },
      ...["claude-code", "codex", "gemini-cli", "kimi-code", "pi", "opencode"].map((acp_server) => ({
        agent_kind: "acp",
        llm_profile_ref: undefined,
        acp_server,
        mcp_server_refs: ["x"],
      })),
    ];
    for (const draft of drafts)
      await client.ask("POST", path, { profile: { llm_profile_ref: "fast", ...draft } });
    for (const body of [{ profile: null }, { profile: 3 }, { draft: {} }, []])
      await client.ask("POST", path, body);
    await client.ask("POST", `${PATH}/nope/materialize`);
  }),

  scenario("agent profiles: launched", async (client, workspace) => {
    await client.quietly({ method: "POST", path: "/api/profiles/fast", body: { llm: LLM } });
    await client.quietly({
      method: "POST",
      path: "/api/profiles/slow",
      body: { llm: { ...LLM, model: "openai/o3" } },
    });
    const profiles: [string, object][] = [
      ["plain", {}],
      ["bare", { tools: [], secret_refs: [] }],
      [
        "some",
        { tools: [{ name: "terminal" }, { name: "think" }], secret_refs: ["T"], persona: "A pirate." },
      ],
      [
        "more",
        { tool_concurrency_limit: 4, system_message_suffix: "Be brief.", condenser: { enabled: false } },
      ],
      ["lost", { llm_profile_ref: "none", mcp_server_refs: ["b", "a"] }],
      ["astray", { enable_classify_and_switch_llm_tool: true, meta_profile_ref: "none" }],
    ];
    const secrets = Object.fromEntries(
      ["T", "U"].map((name) => [name, { kind: "StaticSecret", value: "v" }]),
    );
    for (const [name, profile] of profiles) {
      await client.quietly({
        method: "POST",
        path: `${PATH}/${name}`,
        body: { llm_profile_ref: "fast", ...profile },
      });
      await start(client, workspace, { agent_profile_id: await idOf(client, name), secrets });
    }
    const agent_profile_id = await idOf(client, "plain");
    for (const additions of [
      { llm_profile_ref: "slow" },
      { llm_profile_ref: "none" },
      { system_message_suffix_append: " And kind. ", skills: [{ name: "s", content: "S." }] },
    ]) {
      await start(client, workspace, { agent_profile_id, agent_launch_additions: additions });
    }
    for (const request of [
      { agent_profile_id: UNKNOWN },
      { agent_profile_id, agent: { llm: LLM } },
      { agent_profile_id, agent_settings: { llm: LLM } },
      { agent_settings: { llm: LLM }, agent_launch_additions: { llm_profile_ref: "slow" } },
      {},
      { agent_profile_id: "plain" },
      { agent_settings: { llm: LLM, agent_context: { current_datetime: "2020-01-01T00:00:00Z" } } },
      { agent_settings: { llm: LLM, agent_context: { current_datetime: "a fine day" } } },
    ]) {
      await start(client, workspace, request);
    }
  }),

  scenario("another model for a conversation", async (client) => {
    await client.quietly({ method: "POST", path: "/api/profiles/quick", body: { llm: LLM } });
    for (const llm of [
      { model: "openai/second", api_key: "k", usage_id: "second" },
      { model: "openai/second", api_key: "k", usage_id: "second" },
      { model: "openai/third" },
      { model: "openai/x", provider_connection_id: "gone" },
      { model: 3 },
      null,
    ]) {
      await client.post("/switch_llm", { llm });
    }
    for (const profile_name of ["quick", "none", "-x", 3])
      await client.post("/switch_profile", { profile_name });
    await client.post("/switch_llm", {});
    await client.post("/switch_profile", {});
    await client.post("/switch_acp_model", { model: "x" });
    await client.post("/switch_acp_model", {});
    for (const verb of ["switch_llm", "switch_profile", "switch_acp_model"]) {
      const body = { llm: LLM, profile_name: "quick", model: "x" };
      await client.ask("POST", `/api/conversations/${UNKNOWN}/${verb}`, body);
    }
    await client.get("");
  }),
];
