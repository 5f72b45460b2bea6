import { memoryStore } from "agent-server";
import { describe, expect, it } from "vitest";
import { type Ask, openServer } from "../open-server.ts";

const PATH = "/api/agent-profiles";
const LLM = { model: "openai/gpt-4o", api_key: "sk-secret-1", base_url: "http://127.0.0.1:9/v1" };

function save(ask: Ask, name: string, profile: object = {}) {
  return ask("POST", `${PATH}/${name}`, { llm_profile_ref: "fast", ...profile });
}

async function list(ask: Ask) {
  return (await ask("GET", PATH)).body;
}

async function profile(ask: Ask, name: string) {
  return (await ask("GET", `${PATH}/${name}`)).body.profile;
}

async function activeId(ask: Ask): Promise<string | null> {
  return (await ask("GET", "/api/settings")).body.active_agent_profile_id;
}

describe("the list of agents", () => {
  it("makes one of the settings when it is first asked, and a model for it that has a key", async () => {
    const ask = openServer({ secretKey: "secret" });
    await ask("PATCH", "/api/settings", {
      agent_settings_diff: { llm: LLM, persona: "A pirate.", tools: [{ name: "terminal" }] },
    });
    const { profiles, active_agent_profile_id: active } = await list(ask);
    expect(profiles).toEqual([
      {
        id: active,
        name: "default",
        agent_kind: "openhands",
        revision: 0,
        llm_profile_ref: "default",
        mcp_server_refs: null,
      },
    ]);
    expect(await activeId(ask)).toBe(active);
    expect(await profile(ask, "default")).toMatchObject({
      schema_version: 4,
      persona: "A pirate.",
      tools: [{ name: "terminal", params: {} }],
      secret_refs: null,
    });
    const model = await ask("GET", "/api/profiles/default", undefined, { "X-Expose-Secrets": "plaintext" });
    expect(model.body.config).toMatchObject(LLM);
  });

  it("makes no model of settings that nobody has touched", async () => {
    const ask = openServer();
    expect((await list(ask)).profiles).toHaveLength(1);
    expect((await ask("GET", "/api/profiles")).body.profiles).toEqual([]);
  });

  it("makes one agent when many ask at one moment, also of two servers", async () => {
    const store = memoryStore();
    const servers = [openServer({ store }), openServer({ store })];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => list(servers[index % 2] as Ask)),
    );
    const ids = new Set(answers.map(({ active_agent_profile_id: id }) => id));
    expect(ids.size).toBe(1);
    expect(answers.every(({ profiles }) => profiles.length === 1)).toBe(true);
  });

  it("moves a pointer to nothing, to `default` if that is there", async () => {
    const ask = openServer();
    await save(ask, "alpha");
    await save(ask, "default", { persona: "Mine." });
    const { profiles, active_agent_profile_id: active } = await list(ask);
    expect(profiles.map(({ name }: { name: string }) => name)).toEqual(["alpha", "default"]);
    expect(active).toBe(profiles[1].id);
    expect((await profile(ask, "default")).persona).toBe("Mine.");
  });

  it("lists a profile that cannot be read, and activates another one", async () => {
    const store = memoryStore();
    const ask = openServer({ store });
    await save(ask, "alpha");
    const json = JSON.stringify({ name: "default", id: crypto.randomUUID(), schema_version: 99 });
    await store.documents.write([{ kind: "agent-profile", name: "default", json, expected: null }]);
    const { profiles, active_agent_profile_id: active } = await list(ask);
    expect(profiles.map(({ name }: { name: string }) => name)).toEqual(["alpha", "default"]);
    expect(active).toBe(profiles[0].id);
    expect((await ask("GET", `${PATH}/default`)).status).toBe(400);
    expect((await ask("DELETE", `${PATH}/default`)).status).toBe(200);
  });
});

describe("a saved agent", () => {
  it("has every field, an id of the server, and a revision that grows", async () => {
    const ask = openServer();
    const id = crypto.randomUUID();
    expect(await save(ask, "coder", { id, name: "other", secret_refs: [] })).toEqual({
      status: 201,
      body: { name: "coder", message: "Agent profile 'coder' saved" },
    });
    const first = await profile(ask, "coder");
    expect(Object.keys(first)).toEqual([
      "schema_version",
      "agent_kind",
      "id",
      "name",
      "revision",
      "mcp_server_refs",
      "secret_refs",
      "llm_profile_ref",
      "agent",
      "tools",
      "persona",
      "system_message_suffix",
      "disabled_skills",
      "public_skills",
      "condenser",
      "verification",
      "enable_classify_and_switch_llm_tool",
      "meta_profile_ref",
      "tool_concurrency_limit",
    ]);
    expect(first).toMatchObject({ name: "coder", revision: 0, secret_refs: [], mcp_server_refs: null });
    expect(first.id).not.toBe(id);
    await save(ask, "coder.json", { agent_kind: "openhands", revision: 40 });
    expect(await profile(ask, "coder")).toMatchObject({ id: first.id, revision: 1, secret_refs: null });
  });

  it("keeps one id when it is saved twice at one moment", async () => {
    const ask = openServer();
    await Promise.all([save(ask, "one"), save(ask, "one"), save(ask, "one")]);
    expect((await profile(ask, "one")).revision).toBe(2);
  });

  it("names each tool once, by the name that the model sees", async () => {
    const ask = openServer();
    const tools = [
      { name: "FinishTool" },
      { name: "finish", params: { response_schema: { type: "object" } } },
      { name: "terminal" },
      { name: "SwitchLLMTool" },
    ];
    await save(ask, "one", { tools });
    expect((await profile(ask, "one")).tools).toEqual([
      { name: "finish", params: { response_schema: { type: "object" } } },
      { name: "terminal", params: {} },
      { name: "switch_llm", params: {} },
    ]);
  });

  it.each([{ agent_kind: { toString: 1 } }, { condenser: { condenser_kind: { toString: 1 } } }])(
    "is refused with a kind that has no text: %j",
    async (fields) => {
      expect((await save(openServer(), "one", fields)).status).toBe(422);
    },
  );

  it("may be of an earlier version", async () => {
    const ask = openServer();
    const former = { schema_version: 2, enable_sub_agents: true, enable_switch_llm_tool: false, tools: [] };
    expect((await save(ask, "one", former)).status).toBe(201);
    const { tools, schema_version } = await profile(ask, "one");
    expect(schema_version).toBe(4);
    expect(tools.map(({ name }: { name: string }) => name)).toEqual([
      "terminal",
      "file_editor",
      "task_tracker",
      "browser_tool_set",
      "task_tool_set",
    ]);
  });

  it("may be another program", async () => {
    const ask = openServer();
    const body = { agent_kind: "acp", acp_server: "codex", acp_args: ["--fast"] };
    expect((await ask("POST", `${PATH}/codex`, body)).status).toBe(201);
    expect(await profile(ask, "codex")).toMatchObject({ ...body, acp_prompt_timeout: 1800 });
    expect((await list(ask)).profiles[0]).toMatchObject({ agent_kind: "acp", llm_profile_ref: null });
  });

  it.each([
    [{ llm_profile_ref: undefined }, [["openhands", "llm_profile_ref"], "missing"]],
    [{ llm_profile_ref: "" }, [["openhands", "llm_profile_ref"], "string_too_short"]],
    [{ acp_model: "x" }, [["openhands", "acp_model"], "extra_forbidden"]],
    [{ agent_kind: "acp" }, [["acp", "llm_profile_ref"], "extra_forbidden"]],
    [{ agent_kind: "robot" }, [[], "union_tag_invalid"]],
    [{ enable_sub_agents: true }, [["openhands"], "value_error"]],
    [
      { condenser: { max_size: 1 } },
      [["openhands", "condenser", "llm_summarizing", "max_size"], "greater_than_equal"],
    ],
    [{ tools: [{ name: "finish", params: { a: 1 } }] }, [["openhands", "tools"], "value_error"]],
    [{ tools: ["terminal"] }, [["openhands", "tools", 0], "model_type"]],
    [{ secret_refs: "ALL" }, [["openhands", "secret_refs"], "list_type"]],
  ])("refuses %j, and names the place without the input", async (wrong, [loc, type]) => {
    const ask = openServer();
    const { status, body } = await save(ask, "one", wrong);
    expect(status).toBe(422);
    expect(body.detail).toEqual([{ loc, type, msg: expect.any(String) }]);
    expect((await ask("GET", `${PATH}/one`)).status).toBe(404);
  });

  it.each([0, 5, "4"])("refuses the version %j", async (schema_version) => {
    const { status, body } = await save(openServer(), "one", { schema_version });
    expect({ status, body }).toEqual({ status: 422, body: { detail: "Invalid agent profile" } });
  });

  it("is one of 50", async () => {
    const ask = openServer();
    for (let index = 0; index < 50; index += 1) await save(ask, `p${index}`);
    const { status, body } = await save(ask, "more");
    expect(status).toBe(409);
    expect(body.detail).toBe("Agent profile limit reached (50). Delete a profile before saving a new one.");
    expect((await save(ask, "p7")).status).toBe(201);
    // There is no room for `default`.
    expect(await list(ask)).toMatchObject({ active_agent_profile_id: (await profile(ask, "p0")).id });
  });

  it("is renamed, and stays the active one", async () => {
    const ask = openServer();
    await save(ask, "one");
    await save(ask, "two");
    const { id } = await profile(ask, "one");
    await ask("POST", `${PATH}/${id}/activate`);
    expect((await ask("POST", `${PATH}/one/rename`, { new_name: "two" })).status).toBe(409);
    expect((await ask("POST", `${PATH}/none/rename`, { new_name: "x" })).status).toBe(404);
    expect((await ask("POST", `${PATH}/one/rename`, { new_name: "one" })).body.message).toBe(
      "Agent profile 'one' unchanged (same name)",
    );
    expect(await ask("POST", `${PATH}/one/rename`, { new_name: "three" })).toEqual({
      status: 200,
      body: { name: "three", message: "Agent profile 'one' renamed to 'three'" },
    });
    expect(await profile(ask, "three")).toMatchObject({ id, name: "three", revision: 0 });
    expect((await list(ask)).active_agent_profile_id).toBe(id);
  });

  it("becomes the active one by its id, and the settings stay", async () => {
    const ask = openServer();
    await save(ask, "one", { persona: "Other." });
    const { id } = await profile(ask, "one");
    expect(await ask("POST", `${PATH}/${id}/activate`)).toEqual({
      status: 200,
      body: { id, message: `Agent profile '${id}' activated`, agent_settings_applied: false },
    });
    expect(await activeId(ask)).toBe(id);
    expect((await ask("GET", "/api/settings")).body.agent_settings.persona).toBeNull();
    expect(await ask("POST", `${PATH}/one/activate`)).toEqual({
      status: 404,
      body: { detail: "Agent profile with id 'one' not found" },
    });
    const patched = await ask("PATCH", "/api/settings", { active_agent_profile_id: crypto.randomUUID() });
    expect(patched.status).toBe(404);
  });

  it("is deleted, also when it is the active one: `default` takes its place", async () => {
    const ask = openServer();
    await ask("PATCH", "/api/settings", {
      agent_settings_diff: { agent_kind: "acp", mcp_config: { files: { command: "mcp" } } },
    });
    await ask("POST", `${PATH}/prog`, { agent_kind: "acp" });
    const { id } = await profile(ask, "prog");
    await ask("POST", `${PATH}/${id}/activate`);
    expect((await ask("DELETE", `${PATH}/prog`)).body.message).toBe("Agent profile 'prog' deleted");
    const { agent_settings: agent } = (await ask("GET", "/api/settings")).body;
    expect(agent).toMatchObject({ agent_kind: "openhands", mcp_config: { files: { command: "mcp" } } });
    const former = await list(ask);
    expect(former.active_agent_profile_id).toBe((await profile(ask, "default")).id);
    await ask("DELETE", `${PATH}/default`);
    expect((await list(ask)).active_agent_profile_id).not.toBe(former.active_agent_profile_id);
    expect((await ask("DELETE", `${PATH}/never`)).status).toBe(200);
  });

  it("follows its model to a new name", async () => {
    const ask = openServer();
    await ask("POST", "/api/profiles/fast", { llm: LLM });
    await save(ask, "one");
    expect((await ask("DELETE", "/api/profiles/fast")).status).toBe(409);
    await ask("POST", "/api/profiles/fast/rename", { new_name: "quick" });
    expect((await profile(ask, "one")).llm_profile_ref).toBe("quick");
  });
});
