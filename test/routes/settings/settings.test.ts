import { describe, expect, it } from "vitest";
import { createServer } from "../../../src/index.ts";
import { createCipher } from "../../../src/secrets/cipher.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { Store } from "../../../src/stores/store.ts";

const KEY = "a secret key";
const SETTINGS = "/api/settings";
const UNREADABLE =
  "Settings file is corrupted or encrypted with a different key: restore that key as OH_SECRET_KEY or add it to OH_PREVIOUS_SECRET_KEYS; " +
  "if it is gone, stop the server and drop what it encrypted with `agent-server reseal --forget-unreadable`";

interface Call {
  path?: string;
  body?: unknown;
  /** The header `X-Expose-Secrets`. */
  expose?: string;
  /** Beginning of the path. Default: that of the settings. */
  at?: string;
}

interface Options {
  store?: Store;
  secretKey?: string;
  previousSecretKeys?: string[];
}

function open({ store = memoryStore(), ...keys }: Options = {}) {
  const server = createServer({ keyless: "loopback", store, logger: "silent", ...keys });
  const call = async (method: string, { path = "", body, expose, at = SETTINGS }: Call = {}) => {
    const headers = { "content-type": "application/json", ...(expose && { "x-expose-secrets": expose }) };
    const request = new Request(`http://localhost${at}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await server.fetch(request);
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
    return { status: response.status, body: (await response.json()) as any };
  };
  return {
    store,
    get: (expose?: string) => call("GET", expose === undefined ? {} : { expose }),
    patch: (body: unknown) => call("PATCH", { body }),
    patchAgent: (diff: object) => call("PATCH", { body: { agent_settings_diff: diff } }),
    call,
    stored: async () => (await store.documents.read("settings", "settings"))?.json ?? "",
  };
}

async function write(store: Store, json: string): Promise<void> {
  const before = await store.documents.read("settings", "settings");
  await store.documents.write([
    { kind: "settings", name: "settings", json, expected: before?.revision ?? null },
  ]);
}

describe("settings that nobody changed", () => {
  it("are the defaults", async () => {
    const { status, body } = await open().get();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      agent_settings: {
        schema_version: 9,
        agent_kind: "openhands",
        llm: { model: "gpt-5.6", api_key: null },
      },
      conversation_settings: { schema_version: 1, max_iterations: 500 },
      llm_api_key_is_set: false,
      active_profile: null,
      misc_settings: {},
    });
    expect(body.agent_settings.agent_context.current_datetime).toMatch(/^\d{4}-.*\.\d{6}Z$/);
  });

  it("are not stored by being read", async () => {
    const { get, stored } = open();
    await get();
    expect(await stored()).toBe("");
  });
});

describe("secrets of the settings", () => {
  const mcp_config = { a: { command: "npx", env: { TOKEN: "shh" } } };

  it("are shown as asterisks, encrypted or in clear, as the header says", async () => {
    const { get, patchAgent } = open({ secretKey: KEY });
    const changed = await patchAgent({ llm: { api_key: "sk-1" }, mcp_config });
    for (const { body } of [changed, await get()]) {
      expect(body.llm_api_key_is_set).toBe(true);
      expect(body.agent_settings.llm.api_key).toBe("**********");
      expect(body.agent_settings.mcp_config.a.env.TOKEN).toBe("**********");
    }
    const plain = (await get("PlainText")).body.agent_settings;
    expect([plain.llm.api_key, plain.mcp_config.a.env.TOKEN]).toEqual(["sk-1", "shh"]);
    const encrypted = (await get("encrypted")).body.agent_settings;
    const cipher = createCipher(KEY);
    expect(cipher.decrypt(encrypted.llm.api_key)).toBe("sk-1");
    expect(cipher.decrypt(encrypted.mcp_config.a.env.TOKEN)).toBe("shh");
  });

  it("are opened when they come back encrypted", async () => {
    const { get, patchAgent } = open({ secretKey: KEY });
    await patchAgent({ llm: { api_key: "sk-1" }, mcp_config });
    const { llm, mcp_config: servers } = (await get("encrypted")).body.agent_settings;
    await patchAgent({ llm: { api_key: llm.api_key }, mcp_config: servers });
    const plain = (await get("plaintext")).body.agent_settings;
    expect([plain.llm.api_key, plain.mcp_config.a.env.TOKEN]).toEqual(["sk-1", "shh"]);
  });

  it("stay when they are left out or come back as asterisks, and go with null", async () => {
    const { get, patchAgent } = open({ secretKey: KEY });
    await patchAgent({ llm: { api_key: "sk-1" } });
    await patchAgent({ llm: { model: "openai/other" } });
    expect((await get("plaintext")).body.agent_settings.llm.api_key).toBe("sk-1");
    await patchAgent({ llm: { api_key: "**********" } });
    expect((await get("plaintext")).body.agent_settings.llm.api_key).toBe("sk-1");
    await patchAgent({ llm: { api_key: null } });
    expect((await get()).body.llm_api_key_is_set).toBe(false);
  });

  it("are sealed in the store with a key, and in clear without one", async () => {
    const sealed = open({ secretKey: KEY });
    await sealed.patchAgent({ llm: { api_key: "sk-1" }, mcp_config });
    expect(await sealed.stored()).not.toMatch(/sk-1|shh/);
    const clear = open();
    await clear.patchAgent({ llm: { api_key: "sk-1" } });
    expect(await clear.stored()).toContain("sk-1");
  });

  it("cannot be encrypted without a key, if there are any", async () => {
    const { get, patchAgent } = open();
    expect((await get("encrypted")).status).toBe(200);
    await patchAgent({ llm: { api_key: "sk-1" } });
    expect(await get("encrypted")).toEqual({
      status: 503,
      body: {
        detail: "Internal Server Error",
        exception:
          "503: Encryption not available: OH_SECRET_KEY is not configured. Cannot return encrypted secrets.",
      },
    });
  });

  it("are asked for by no other words", async () => {
    expect(await open().get("all")).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining("Invalid X-Expose-Secrets header value: 'all'.") },
    });
  });

  it("are in no answer that refuses", async () => {
    const { patchAgent } = open();
    const { status, body } = await patchAgent({ llm: { api_key: "sk-secret", timeout: -1 } });
    expect({ status, body }).toEqual({ status: 422, body: { detail: "Settings validation failed" } });
  });
});

describe("another secret key", () => {
  it("shows no secret, changes nothing, and costs nothing that the right one would find", async () => {
    const first = open({ secretKey: KEY });
    await first.patchAgent({
      llm: { api_key: "sk-1" },
      mcp_config: { a: { command: "x", env: { T: "v" } } },
    });
    const before = await first.stored();
    const wrong = open({ store: first.store, secretKey: "another key" });
    const { body } = await wrong.get();
    expect(body.llm_api_key_is_set).toBe(false);
    expect(body.agent_settings.llm.api_key).toBeNull();
    const refused = { status: 409, body: { detail: UNREADABLE } };
    expect(await wrong.patch({ misc_settings_diff: { a: 1 } })).toEqual(refused);
    expect(await wrong.call("POST", { path: "/mcp/b", body: { command: "y" } })).toEqual(refused);
    expect(await first.stored()).toBe(before);
    expect((await first.get("plaintext")).body.agent_settings.llm.api_key).toBe("sk-1");
  });

  it("reads what the one before it has sealed, and seals with itself", async () => {
    const first = open({ secretKey: KEY });
    await first.patchAgent({ llm: { api_key: "sk-1" } });
    const next = open({ store: first.store, secretKey: "next", previousSecretKeys: [KEY] });
    await next.patch({ misc_settings_diff: { a: 1 } });
    const last = open({ store: first.store, secretKey: "next" });
    expect((await last.get("plaintext")).body.agent_settings.llm.api_key).toBe("sk-1");
  });
});

describe("stored settings that cannot be read", () => {
  it.each([
    ["no JSON", "{"],
    ["a newer version", '{"schema_version": 7}'],
    ["an agent of a newer version", '{"schema_version": 6, "agent_settings": {"schema_version": 10}}'],
    ["another form", '{"agent_settings": {"llm": 3}}'],
  ])("%s: shown as defaults, and left as they are", async (_what, json) => {
    const { store, get, patch, stored } = open({ secretKey: KEY });
    await write(store, json);
    expect((await get()).body.agent_settings.llm.model).toBe("gpt-5.6");
    expect(await patch({ misc_settings_diff: { a: 1 } })).toMatchObject({ status: 409 });
    expect(await stored()).toBe(json);
  });

  it("does not count a version before there was one", async () => {
    const { store, get, patch } = open();
    await write(
      store,
      '{"agent_settings": {"llm": {"model": "m", "modify_params": true}, "enable_sub_agents": true}}',
    );
    expect((await get()).body.agent_settings.tools).toHaveLength(6);
    await patch({ misc_settings_diff: { a: 1 } });
    expect((await get()).body).toMatchObject({ agent_settings: { schema_version: 9, llm: { model: "m" } } });
  });
});

describe("a change of settings", () => {
  it("needs something to change", async () => {
    const { patch } = open();
    for (const body of [{}, { agent_settings_diff: null }, { unknown: 1 }]) {
      expect(await patch(body)).toEqual({
        status: 400,
        body: {
          detail:
            "At least one of agent_settings_diff, conversation_settings_diff, misc_settings_diff, active_profile, active_agent_profile_id, or active_meta_profile must be provided",
        },
      });
    }
  });

  it("is made whole or not at all", async () => {
    const { patch, get } = open();
    const { status } = await patch({
      misc_settings_diff: { a: 1 },
      conversation_settings_diff: { max_iterations: 0 },
    });
    expect(status).toBe(422);
    expect((await get()).body.misc_settings).toEqual({});
  });

  it("refuses the name of a profile that does not exist", async () => {
    const { patch } = open();
    const id = "00000000-0000-4000-8000-000000000001";
    expect(await patch({ active_profile: "no" })).toMatchObject({
      status: 404,
      body: { detail: "Profile 'no' not found" },
    });
    expect(await patch({ active_agent_profile_id: id })).toMatchObject({
      status: 404,
      body: { detail: `Agent profile with id '${id}' not found` },
    });
    expect(await patch({ active_meta_profile: "no" })).toMatchObject({
      status: 404,
      body: { detail: "Meta-profile 'no' not found" },
    });
    expect(await patch({ active_profile: "a b" })).toMatchObject({
      status: 422,
      body: { detail: [{ type: "string_pattern_mismatch", loc: ["body", "active_profile"] }] },
    });
  });

  it("to another kind of agent leaves nothing of the former one", async () => {
    const { patchAgent } = open();
    await patchAgent({ llm: { model: "m", api_key: "k" }, persona: "p" });
    const acp = (await patchAgent({ agent_kind: "acp", acp_server: "codex" })).body;
    expect(acp.agent_settings).toMatchObject({ agent_kind: "acp", acp_server: "codex", agent_context: null });
    expect(acp.agent_settings).not.toHaveProperty("llm");
    expect(acp.llm_api_key_is_set).toBe(false);
    const back = (await patchAgent({ agent_kind: "openhands" })).body;
    expect(back.agent_settings).toMatchObject({ llm: { model: "gpt-5.6", api_key: null }, persona: null });
  });

  it("by the old name of a kind keeps what is set", async () => {
    const { patchAgent } = open();
    await patchAgent({ llm: { model: "m" } });
    expect((await patchAgent({ agent_kind: "llm" })).body.agent_settings.llm.model).toBe("m");
  });

  it("loses nothing of another that is made at the same moment, also on another server", async () => {
    const store = memoryStore();
    const servers = [open({ store }), open({ store })];
    const changes = Array.from({ length: 40 }, (_, index) =>
      servers[index % 2]?.patch({ misc_settings_diff: { [`field${index}`]: index } }),
    );
    const statuses = (await Promise.all(changes)).map((answer) => answer?.status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(Object.keys((await open({ store }).get()).body.misc_settings)).toHaveLength(40);
  });

  it("keeps what clients store for themselves as it is", async () => {
    const { patch, get, stored } = open({ secretKey: KEY });
    const own = {
      api_key: "",
      secrets: { A: "**********" },
      env: { mcp_config: { a: { env: { B: " " } } } },
    };
    await patch({ misc_settings_diff: { app: own } });
    for (const mode of [undefined, "encrypted", "plaintext"])
      expect((await get(mode)).body.misc_settings).toEqual({ app: own });
    expect(JSON.parse(await stored()).misc_settings).toEqual({ app: own });
  });

  it("is bounded", async () => {
    const { patch } = open();
    const text = "x".repeat(900_000);
    const statuses: number[] = [];
    for (let index = 0; index < 6; index += 1)
      statuses.push((await patch({ misc_settings_diff: { [`t${index}`]: text } })).status);
    expect(statuses.at(-1)).toBe(413);
  });
});

describe("settings that point to a profile", () => {
  async function withProfiles() {
    const bench = open({ secretKey: KEY });
    const llm = { model: "openai/profiled", api_key: "sk-p", temperature: 0.5 };
    const saved = [
      await bench.call("POST", { at: "/api/profiles/fast", body: { llm, include_secrets: true } }),
      await bench.call("POST", {
        at: "/api/meta-profiles/routed",
        body: { classifier_model: "fast", classes: [{ description: "all", model: "fast" }] },
      }),
    ];
    expect(saved.map(({ status }) => status)).toEqual([201, 201]);
    return bench;
  }

  it("have its model, in place of all that was set", async () => {
    const { patch, patchAgent, get } = await withProfiles();
    await patchAgent({ llm: { model: "m", api_key: "old", base_url: "https://old.example" } });
    expect((await patch({ active_profile: "fast" })).body.active_profile).toBe("fast");
    expect((await get("plaintext")).body.agent_settings.llm).toMatchObject({
      model: "openai/profiled",
      api_key: "sk-p",
      temperature: 0.5,
      base_url: null,
    });
  });

  it("keep the model of the same change, and that of a profile that is left", async () => {
    const { patch, get } = await withProfiles();
    await patch({ active_profile: "fast", agent_settings_diff: { llm: { model: "mine" } } });
    expect((await get()).body).toMatchObject({
      active_profile: "fast",
      agent_settings: { llm: { model: "mine" } },
    });
    await patch({ active_profile: null });
    expect((await get()).body).toMatchObject({
      active_profile: null,
      agent_settings: { llm: { model: "mine" } },
    });
  });

  it("only name it when the agent is another program", async () => {
    const { patch } = await withProfiles();
    const acp = { agent_kind: "acp" };
    const { body } = await patch({ active_profile: "fast", agent_settings_diff: acp });
    expect(body).toMatchObject({ active_profile: "fast", agent_settings: acp, llm_api_key_is_set: false });
    expect((await patch({ active_meta_profile: "routed" })).body.active_meta_profile).toBeNull();
  });

  it("route by a meta-profile until they name none, or the agent is another program", async () => {
    const { patch, patchAgent } = await withProfiles();
    const routed = (await patch({ active_meta_profile: "routed" })).body;
    expect(routed).toMatchObject({
      active_meta_profile: "routed",
      agent_settings: { active_meta_profile: "routed", enable_classify_and_switch_llm_tool: true },
    });
    const none = (await patch({ active_meta_profile: null })).body;
    expect(none).toMatchObject({
      active_meta_profile: null,
      agent_settings: { active_meta_profile: null, enable_classify_and_switch_llm_tool: false },
    });
    await patch({ active_meta_profile: "routed" });
    expect((await patchAgent({ agent_kind: "acp" })).body.active_meta_profile).toBeNull();
  });

  it("change nothing when it does not exist", async () => {
    const { patch, get } = await withProfiles();
    const { status } = await patch({ active_profile: "no", misc_settings_diff: { never: 1 } });
    expect(status).toBe(404);
    expect((await get()).body.misc_settings).toEqual({});
  });
});

describe("MCP servers of the settings", () => {
  const add = (bench: ReturnType<typeof open>, body: object, path = "/mcp/a") =>
    bench.call("POST", { path, body });
  const change = (bench: ReturnType<typeof open>, body: object, path = "/mcp/a") =>
    bench.call("PATCH", { path, body });

  it("are added once, changed and removed by name", async () => {
    const bench = open();
    expect(await add(bench, { command: "npx", env: { A: "x" } })).toMatchObject({
      status: 201,
      body: {
        agent_settings: { mcp_config: { a: { command: "npx", env: { A: "**********" }, enabled: true } } },
      },
    });
    expect(await add(bench, { command: "npx" })).toEqual({
      status: 409,
      body: { detail: "MCP server 'a' already exists" },
    });
    await change(bench, { env: { A: null, B: "y" }, enabled: false });
    expect((await bench.get("plaintext")).body.agent_settings.mcp_config).toEqual({
      a: { command: "npx", env: { B: "y" }, enabled: false },
    });
    expect((await bench.call("DELETE", { path: "/mcp/a" })).body.agent_settings.mcp_config).toEqual({});
    const missing = { status: 404, body: { detail: "MCP server 'a' was not found" } };
    expect(await bench.call("DELETE", { path: "/mcp/a" })).toEqual(missing);
    expect(await change(bench, { enabled: true })).toEqual(missing);
  });

  it("keep a credential that comes back as asterisks", async () => {
    const bench = open();
    const auth = { strategy: "bearer", value: "token" };
    await add(bench, { url: "https://a.example", transport: "http", auth });
    await change(bench, { auth: { strategy: "bearer", value: "**********" }, description: "mine" });
    expect((await bench.get("plaintext")).body.agent_settings.mcp_config.a).toMatchObject({
      auth,
      description: "mine",
    });
  });

  it("refuse unknown fields, and what no server can be", async () => {
    const bench = open();
    expect(await add(bench, { command: "x", more: 1 })).toMatchObject({
      status: 422,
      body: { detail: [{ type: "extra_forbidden", loc: ["body", "more"] }] },
    });
    expect((await add(bench, { transport: "http" })).status).toBe(422);
    await add(bench, { url: "https://a.example" });
    expect(await change(bench, { more: 1 })).toMatchObject({ status: 422 });
    const twice = { auth: { strategy: "none" }, headers: { Authorization: "x" } };
    expect(await change(bench, twice)).toEqual({
      status: 422,
      body: { detail: "Settings validation failed" },
    });
  });

  it("may have any name but one", async () => {
    const bench = open();
    expect((await add(bench, { command: "x" }, "/mcp/__proto__")).status).toBe(422);
    for (const name of ["constructor", "a b", "ä"]) {
      expect((await add(bench, { command: "x" }, `/mcp/${encodeURIComponent(name)}`)).status).toBe(201);
      expect((await bench.call("DELETE", { path: `/mcp/${encodeURIComponent(name)}` })).status).toBe(200);
    }
  });
});

it("forms of settings are served", async () => {
  const { call } = open();
  const agent = await call("GET", { path: "/agent-schema" });
  expect(agent.body.sections.map(({ key }: { key: string }) => key)).toEqual([
    ...["general", "llm", "agent_context", "condenser", "verification", "acp"],
  ]);
  expect((await call("GET", { path: "/conversation-schema" })).body.model_name).toBe("ConversationSettings");
});
