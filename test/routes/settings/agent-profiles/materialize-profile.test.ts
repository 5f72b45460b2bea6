import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ask, openServer } from "../open-server.ts";

const LLM = { model: "openai/gpt-4o", api_key: "sk-secret-1" };

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-trial-"));
  await mkdir(join(folder, "skills"));
  await writeFile(join(folder, "skills", "tabs.md"), "Use tabs.");
  await writeFile(join(folder, "skills", "noise.md"), "Shout.");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(profile: object = {}): Promise<Ask> {
  const ask = openServer({ secretKey: "secret", userDir: folder });
  await ask("POST", "/api/profiles/fast", { llm: LLM });
  await ask("POST", "/api/agent-profiles/coder", { llm_profile_ref: "fast", ...profile });
  return ask;
}

async function report(ask: Ask, draft?: object, name = "coder") {
  const body = draft === undefined ? undefined : { profile: { llm_profile_ref: "fast", ...draft } };
  return (await ask("POST", `/api/agent-profiles/${name}/materialize`, body)).body;
}

/** Whether a launch of the stored profile works. */
async function launches(ask: Ask): Promise<boolean> {
  const { id } = (await ask("GET", "/api/agent-profiles/coder")).body.profile;
  const { status } = await ask("POST", "/api/conversations", {
    agent_profile_id: id,
    workspace: { working_dir: join(folder, "work") },
  });
  return status === 201;
}

describe("the trial of an agent profile", () => {
  it("shows the settings that a launch would have, without secrets", async () => {
    const ask = await open({ disabled_skills: ["noise"], persona: "A pirate.", secret_refs: ["TOKEN"] });
    const { resolved_settings: settings, ...facts } = await report(ask);
    expect(facts).toEqual({
      agent_kind: "openhands",
      valid: true,
      errors: [],
      unusable_tools: ["browser_tool_set"],
      llm_profile_ref: "fast",
      llm_profile_resolved: true,
      llm_api_key_set: true,
      mcp_server_refs: null,
      resolved_mcp_config_keys: [],
      dangling_mcp_server_refs: [],
      disabled_skills: ["noise"],
      public_skills: null,
      resolved_skills: ["tabs"],
      secret_refs: ["TOKEN"],
      acp_api_key_secret_name: null,
      acp_base_url_secret_name: null,
      acp_file_secret_names: [],
      meta_profile_ref: null,
      dangling_meta_profile_ref: null,
      dangling_meta_profile_llm_refs: [],
    });
    expect(settings).toMatchObject({
      schema_version: 9,
      persona: "A pirate.",
      llm: { model: "openai/gpt-4o", api_key: "**********", stream: true },
      tools: ["terminal", "file_editor", "task_tracker", "switch_llm"].map((name) => ({ name, params: {} })),
      agent_context: { load_project_skills: true, current_datetime: expect.stringMatching(/Z$/) },
    });
    expect(JSON.stringify(settings)).not.toContain("sk-secret-1");
    expect(await launches(ask)).toBe(true);
  });

  it.each([
    [{ llm_profile_ref: "none" }, ["LLM profile 'none' not found"]],
    [{ mcp_server_refs: ["a", "b"] }, ["MCP server(s) not configured: a, b"]],
    [
      { enable_classify_and_switch_llm_tool: true, meta_profile_ref: "rules", llm_profile_ref: "none" },
      ["LLM profile 'none' not found", "Meta-profile 'rules' not found"],
    ],
    [{ tools: [{ name: "teleport" }] }, ["Tool(s) this server cannot run: teleport"]],
  ])("tells why %j cannot be launched, as a launch finds", async (wrong, errors) => {
    const ask = await open(wrong);
    expect(await report(ask)).toMatchObject({ valid: false, errors, resolved_settings: null });
    expect(await launches(ask)).toBe(false);
  });

  it("names the servers of MCP that the agent would have", async () => {
    const ask = await open();
    await ask("POST", "/api/settings/mcp/files", { command: "mcp" });
    const { valid, resolved_mcp_config_keys: keys } = await report(ask);
    expect({ valid, keys }).toEqual({ valid: true, keys: ["files"] });
    expect(await launches(ask)).toBe(true);
  });

  it("lists absent tools that an agent can do without, and is valid", async () => {
    const tools = ["terminal", "task_tool_set", "browser_tool_set", "finish"].map((name) => ({ name }));
    const ask = await open({ tools });
    const { valid, unusable_tools: absent, resolved_settings: settings } = await report(ask);
    expect({ valid, absent }).toEqual({ valid: true, absent: ["browser_tool_set"] });
    expect(settings.tools.map(({ name }: { name: string }) => name)).toEqual([
      "terminal",
      "task_tool_set",
      "finish",
    ]);
    expect(await launches(ask)).toBe(true);
  });

  it("holds sub-agents to the tools of a profile that lists them", async () => {
    const paramsOf = async (tools: object[] | null) => {
      const { resolved_settings: settings } = await report(await open({ tools }));
      return settings.tools
        .filter(({ name }: { name: string }) => name === "task_tool_set")
        .map(({ params }: { params: unknown }) => params);
    };
    expect(await paramsOf([{ name: "terminal" }, { name: "task_tool_set" }])).toEqual([
      { sub_agent_scope: { tools: true } },
    ]);
  });

  it("is of a draft, if there is one: nothing is stored, and the name may be new", async () => {
    const ask = await open();
    expect(await report(ask, { llm_profile_ref: "none" })).toMatchObject({ valid: false });
    expect(await report(ask, {}, "new")).toMatchObject({ valid: true });
    expect((await ask("GET", "/api/agent-profiles/new")).status).toBe(404);
    const path = "/api/agent-profiles/new/materialize";
    expect((await ask("POST", path)).status).toBe(404);
    expect((await ask("POST", path, { profile: null })).status).toBe(404);
    expect((await ask("POST", path, "null")).status).toBe(404);
    expect((await ask("POST", path, { draft: {} })).status).toBe(422);
    expect((await ask("POST", path, { profile: { tools: 3 } })).body.detail).toEqual([
      { loc: ["openhands", "llm_profile_ref"], type: "missing", msg: "Field required" },
      { loc: ["openhands", "tools"], type: "list_type", msg: "Input should be a valid list" },
    ]);
  });

  it("names the secrets by which another program signs in", async () => {
    const ask = await open();
    const draft = { agent_kind: "acp", acp_server: "codex", llm_profile_ref: undefined };
    expect(await report(ask, draft)).toMatchObject({
      agent_kind: "acp",
      acp_api_key_secret_name: "OPENAI_API_KEY",
      acp_base_url_secret_name: "OPENAI_BASE_URL",
      acp_file_secret_names: ["CODEX_AUTH_JSON"],
      unusable_tools: [],
    });
    for (const acp_command of [null, "run 'it"]) {
      const { valid, errors } = await report(ask, { ...draft, acp_server: "custom", acp_command });
      expect(valid).toBe(false);
      expect(errors[0]).toContain("Failed to build agent settings: ");
    }
  });
});
