import type { Client } from "../../client.ts";
import type { Scenario } from "../../scenario.ts";

const SETTINGS = "/api/settings";
const UNKNOWN = "00000000-0000-4000-8000-000000000001";

/** The settings belong to the whole server, so that nothing else may be at play. */
function scenario(name: string, drive: (settings: Settings) => Promise<void>): Scenario {
  return {
    name,
    script: [],
    alone: true,
    drive: async (client) => {
      const settings = new Settings(client);
      // Another kind of agent and back leaves the defaults.
      await client.quietly({ method: "PATCH", path: SETTINGS, body: agent({ agent_kind: "acp" }) });
      await client.quietly({ method: "PATCH", path: SETTINGS, body: agent({ agent_kind: "openhands" }) });
      await drive(settings);
    },
  };
}

function agent(diff: unknown): object {
  return { agent_settings_diff: diff };
}

class Settings {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async get(expose?: string): Promise<void> {
    const headers = expose === undefined ? undefined : { "x-expose-secrets": expose };
    await this.#client.request({ method: "GET", path: SETTINGS, headers });
  }

  async form(name: string): Promise<void> {
    await this.#client.ask("GET", `${SETTINGS}/${name}`);
  }

  async patch(...bodies: unknown[]): Promise<void> {
    for (const body of bodies) await this.#client.ask("PATCH", SETTINGS, body);
  }

  async agent(...diffs: unknown[]): Promise<void> {
    await this.patch(...diffs.map(agent));
  }

  async conversation(...diffs: unknown[]): Promise<void> {
    await this.patch(...diffs.map((conversation_settings_diff) => ({ conversation_settings_diff })));
  }

  async misc(...diffs: unknown[]): Promise<void> {
    await this.patch(...diffs.map((misc_settings_diff) => ({ misc_settings_diff })));
  }

  async profile(method: string, path: string, body?: unknown): Promise<void> {
    await this.#client.ask(method, `/api/${path}`, body);
  }

  async server(method: string, name: string, ...bodies: unknown[]): Promise<void> {
    const path = `${SETTINGS}/mcp/${name}`;
    if (bodies.length === 0) await this.#client.ask(method, path);
    for (const body of bodies) await this.#client.ask(method, path, body);
  }
}

const skill = { name: "a", content: "b" };
const oauth = {
  strategy: "oauth2",
  authentication: { type: "oauth", client_id: "c", client_secret: "s" },
  state: { tokens: { access_token: "at", refresh_token: "rt", token_type: "Bearer" }, token_expires_at: 3.5 },
};

export const serverSettingsScenarios: Scenario[] = [
  scenario("settings that nobody changed, and their forms", async (settings) => {
    await settings.get();
    for (const word of ["encrypted", "plaintext", "TRUE", "bogus"]) await settings.get(word);
    await settings.form("agent-schema");
    await settings.form("conversation-schema");
  }),

  scenario("changes of settings that change nothing", async (settings) => {
    await settings.patch({}, { more: 1 }, [], "x", { agent_settings_diff: null });
    await settings.agent(3, [], {});
    await settings.conversation("x", {});
    await settings.misc([1], {});
    for (const name of ["a b", "", 3, "nope", null]) await settings.patch({ active_profile: name });
    for (const id of ["nope", UNKNOWN, null]) await settings.patch({ active_agent_profile_id: id });
    for (const name of ["a b", "nope", null]) await settings.patch({ active_meta_profile: name });
    await settings.patch({ ...agent({ tool_concurrency_limit: 0 }), misc_settings_diff: { never: 1 } });
    await settings.get();
  }),

  scenario("the model of the settings and its key", async (settings) => {
    await settings.agent({ llm: { model: "openai/x", api_key: "secret", base_url: "https://a.example" } });
    for (const word of [undefined, "encrypted", "plaintext"]) await settings.get(word);
    for (const key of ["**********", "k2", " ", "k3", null, "k4"])
      await settings.agent({ llm: { api_key: key } });
    await settings.agent({ llm: { model: null } }, { llm: { temperature: 3, top_p: 2 } });
    await settings.agent(
      { llm: { extra_headers: { a: "b" } } },
      { llm: { extra_headers: { c: "d", a: null } } },
    );
    await settings.agent({ llm: { nonsense: 1 } }, { llm: { timeout: 30 } }, { llm: { timeout: null } });
    await settings.agent({ llm: { aws_access_key_id: "a", aws_secret_access_key: "b" } });
    await settings.get("plaintext");
    await settings.agent({ llm: null });
  }),

  scenario("the agent of the settings", async (settings) => {
    await settings.agent({ nonsense: 1 }, { schema_version: 5 }, { schema_version: 10 }, { agent: null });
    for (const tools of [[{ name: "terminal" }], [], null, [{ name: "" }], "x"])
      await settings.agent({ tools });
    await settings.agent({ enable_sub_agents: true }, { enable_switch_llm_tool: false });
    await settings.agent({ tool_concurrency_limit: 4 }, { persona: "p" }, { persona: "" }, { persona: null });
    await settings.agent({ agent_context: { load_memory: true, system_message_suffix: "s" } });
    await settings.agent({ agent_context: { secrets: { A: "v", B: { kind: "StaticSecret", value: "w" } } } });
    await settings.get("plaintext");
    await settings.agent(
      { agent_context: { skills: [skill] } },
      { agent_context: { skills: [skill, skill] } },
    );
    await settings.agent({ agent_context: null });
    for (const condenser of [
      { max_size: 100 },
      { max_size: 10 },
      { condenser_kind: "no_op" },
      { condenser_kind: "x" },
      null,
    ])
      await settings.agent({ condenser });
    await settings.agent({ verification: { critic_enabled: true, critic_api_key: "ck" } });
    await settings.agent(
      { verification: { critic_mode: "x" } },
      { verification: { confirmation_mode: true } },
    );
    await settings.agent({
      meta_profile: { classifier_model: "a", classes: [{ description: "d", model: "b" }] },
    });
    await settings.agent({ meta_profile: { prompt_template: "without the task" } });
    await settings.agent({ meta_profile_llms: { a: { model: "x", api_key: "kk" } } });
    await settings.get("plaintext");
    await settings.agent({ agent_kind: "zzz" }, { agent_kind: null }, { agent_kind: 3 });
  }),

  scenario("settings of conversations and of clients", async (settings) => {
    await settings.conversation({ max_iterations: 7 }, { max_iterations: 0 }, { max_iterations: null });
    await settings.conversation(
      { confirmation_mode: true, security_analyzer: null },
      { security_analyzer: "x" },
    );
    await settings.conversation(
      { worktree_base: "ref" },
      { worktree_base: "ref", worktree_base_ref: "develop" },
    );
    await settings.conversation({ worktree_base_ref: null }, { worktree_base_ref: "-x" });
    await settings.conversation(
      { container_memory: "4g", container_cpus: 0.5 },
      { container_memory: "much" },
    );
    await settings.conversation({ container_cpus: 0 }, { schema_version: 2 }, { nonsense: 1 });
    await settings.misc(
      { a: { b: 1, c: null }, l: [1, 2], n: null },
      { a: { b: null, d: { e: null } }, l: [3] },
    );
    await settings.misc({ a: 5 }, { a: { b: 1 } }, { api_key: "shown", secrets: { A: "b" } });
    await settings.misc({ app_preferences: { language: "en", enabled_skills: ["a"] } });
    await settings.misc({ app_preferences: { enabled_skills: [] } });
    await settings.get("plaintext");
  }),

  scenario("MCP servers of the settings", async (settings) => {
    const bearer = {
      url: "https://a.example",
      headers: { X: "y" },
      auth: { strategy: "bearer", value: "t" },
    };
    await settings.agent({ mcp_config: { a: bearer, b: { command: "npx", env: { K: "v", L: "w" } } } });
    await settings.agent({ mcp_config: { a: { headers: { X: null } } } });
    await settings.agent({ mcp_config: { b: { env: { K: "**********" } } } });
    await settings.get("plaintext");
    await settings.agent({ mcp_config: { b: null } }, { mcp_config: { c: { command: "x", nonsense: 1 } } });
    await settings.agent({ mcp_config: { c: { transport: "http" } } }, { mcp_config: [] });
    await settings.agent({ mcp_config: { mcpServers: { c: { command: "x" } } } });
    await settings.agent({ mcp_config: { c: { command: "x", env: { A: null } } } }, { mcp_config: null });
    await settings.server("POST", "one", { command: "npx", env: { A: "b" } }, { command: "npx" });
    await settings.server("POST", "two", { command: "npx", more: 1 }, { transport: "http" });
    const key = { strategy: "api_key", value: "s", header_name: "X-Key" };
    await settings.server("POST", "two", { url: "https://a.example", auth: key, enabled: false, timeout: 3 });
    await settings.server("PATCH", "two", { auth: { strategy: "api_key", value: "**********" } });
    await settings.get("plaintext");
    await settings.server("PATCH", "two", { auth: { strategy: "bearer", value: "n" } }, { url: null }, {});
    await settings.server("PATCH", "two", { auth: null, enabled: null, timeout: null }, { more: 1 });
    await settings.server("PATCH", "two", { headers: { Authorization: "x" }, auth: { strategy: "none" } });
    await settings.server("PATCH", "none", { url: "https://b.example" });
    await settings.server("PATCH", "one", { env: { A: null, B: "c" } }, { env: { B: "**********" } });
    await settings.server("PATCH", "one", { url: "" }, { args: "x" });
    await settings.server("POST", "oauth", { url: "https://o.example", auth: oauth });
    await settings.server("PATCH", "oauth", { auth: { strategy: "magic" } });
    await settings.get("plaintext");
    for (const name of ["none", "one", "one", "two", "oauth"]) await settings.server("DELETE", name);
  }),

  scenario("settings of an agent that is another program", async (settings) => {
    await settings.agent({ agent_kind: "acp" }, { agent_kind: "acp", llm: { model: "x" } }, { llm: {} });
    const mcp_config = { q: { command: "x", env: { K: "v" } } };
    await settings.agent({ acp_server: "codex", acp_command: ["x"], acp_model: "m", mcp_config });
    await settings.get("plaintext");
    await settings.agent({ acp_server: "other" }, { acp_prompt_timeout: 0 }, { acp_file_secrets: [] });
    await settings.agent({ agent_context: { system_message_suffix: "x" } }, { agent_context: null });
    await settings.server("POST", "q", { command: "x" });
    await settings.patch({ active_meta_profile: null }, { active_profile: null });
    await settings.agent({ agent_kind: "openhands", llm: { model: "y" } });
    await settings.get();
  }),

  scenario("settings that point to a profile", async (settings) => {
    const llm = { model: "openai/pointed", api_key: "sk", temperature: 0.5 };
    await settings.profile("POST", "profiles/pointed", { llm, include_secrets: true });
    const rules = { classifier_model: "pointed", classes: [{ description: "all", model: "pointed" }] };
    await settings.profile("POST", "meta-profiles/pointed", rules);
    await settings.agent({ llm: { model: "openai/x", base_url: "https://a.example" } });
    await settings.patch({ active_profile: "pointed" });
    await settings.get("plaintext");
    await settings.patch({ active_profile: "pointed", ...agent({ llm: { model: "openai/own" } }) });
    await settings.patch(
      { active_profile: null },
      { active_profile: "no", misc_settings_diff: { never: 1 } },
    );
    await settings.patch({ active_meta_profile: "pointed" }, { active_meta_profile: null });
    await settings.patch({ active_meta_profile: "pointed" }, agent({ agent_kind: "acp" }));
    await settings.patch({ active_meta_profile: "pointed" }, { active_profile: "pointed" });
    await settings.patch({ active_profile: "pointed", ...agent({ agent_kind: "openhands" }) });
    await settings.patch({ active_profile: null });
    await settings.profile("DELETE", "profiles/pointed");
    await settings.profile("DELETE", "meta-profiles/pointed");
  }),
];
