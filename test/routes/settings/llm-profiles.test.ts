import { memoryStore } from "agent-server";
import { describe, expect, it } from "vitest";
import { createCipher } from "../../../src/secrets/cipher.ts";
import { type Ask, openServer } from "./open-server.ts";

const LLM = { model: "openai/gpt-4o", api_key: "sk-secret-1", base_url: "http://127.0.0.1:9/v1" };

function save(ask: Ask, name: string, llm: object = LLM, more: object = {}) {
  return ask("POST", `/api/profiles/${name}`, { llm, ...more });
}

async function names(ask: Ask): Promise<string[]> {
  const { profiles } = (await ask("GET", "/api/profiles")).body;
  return profiles.map(({ name }: { name: string }) => name);
}

async function connect(ask: Ask): Promise<string> {
  const body = {
    display_name: "Shared",
    provider: "openai",
    api_key: "sk-shared",
    base_url: "http://127.0.0.1:9/s",
  };
  return (await ask("POST", "/api/llm/provider-connections", body)).body.id;
}

describe("a saved model", () => {
  it("is listed without its key, and shown with every field", async () => {
    const ask = openServer({ secretKey: "secret" });
    expect(await save(ask, "fast")).toEqual({
      status: 201,
      body: { name: "fast", message: "Profile 'fast' saved" },
    });
    expect((await ask("GET", "/api/profiles")).body).toEqual({
      profiles: [
        {
          name: "fast",
          model: "openai/gpt-4o",
          base_url: "http://127.0.0.1:9/v1",
          provider_connection_id: null,
          provider_connection_broken: false,
          api_key_set: true,
        },
      ],
      active_profile: null,
    });
    const { config, api_key_set } = (await ask("GET", "/api/profiles/fast")).body;
    expect(api_key_set).toBe(true);
    expect(Object.keys(config)).toHaveLength(56);
    expect(config).toMatchObject({ model: "openai/gpt-4o", api_key: null, num_retries: 5 });
  });

  it("shows its secrets in the form that a client asks for, and takes them back in that form", async () => {
    const ask = openServer({ secretKey: "secret" });
    await save(ask, "one", { ...LLM, aws_secret_access_key: "aws-secret" });
    const shown = async (mode: string) =>
      (await ask("GET", "/api/profiles/one", undefined, { "X-Expose-Secrets": mode })).body.config;
    expect((await ask("GET", "/api/profiles/one")).body.config.aws_secret_access_key).toBe("**********");
    expect(await shown("Plaintext")).toMatchObject({
      api_key: "sk-secret-1",
      aws_secret_access_key: "aws-secret",
    });
    const encrypted = await shown("encrypted");
    expect(createCipher("secret").decrypt(encrypted.api_key)).toBe("sk-secret-1");
    await save(ask, "two", encrypted);
    const header = { "X-Expose-Secrets": "plaintext" };
    expect((await ask("GET", "/api/profiles/two", undefined, header)).body.config.api_key).toBe(
      "sk-secret-1",
    );
    const other = await ask("GET", "/api/profiles/one", undefined, { "X-Expose-Secrets": "all" });
    expect(other.status).toBe(400);
    expect(other.body.detail).toBe(
      "Invalid X-Expose-Secrets header value: 'all'. Valid values are: 'encrypted', 'plaintext'.",
    );
  });

  it("cannot be shown encrypted without a secret key", async () => {
    const ask = openServer();
    await save(ask, "one");
    const { status } = await ask("GET", "/api/profiles/one", undefined, { "X-Expose-Secrets": "encrypted" });
    expect(status).toBe(503);
    const clear = await ask("GET", "/api/profiles/one", undefined, { "X-Expose-Secrets": "plaintext" });
    expect(clear.body.config.api_key).toBe("sk-secret-1");
  });

  it("is kept without secrets when a client says so", async () => {
    const ask = openServer();
    await save(ask, "bare", LLM, { include_secrets: false });
    expect((await ask("GET", "/api/profiles/bare")).body.api_key_set).toBe(false);
    expect((await ask("GET", "/api/profiles")).body.profiles[0].api_key_set).toBe(false);
  });

  it("keeps a null that differs from the default", async () => {
    const ask = openServer();
    await save(ask, "slow", { ...LLM, timeout: null, reasoning_effort: null });
    const { config } = (await ask("GET", "/api/profiles/slow")).body;
    expect(config).toMatchObject({ timeout: null, reasoning_effort: null });
  });

  it("of a subscription keeps no key and no address", async () => {
    const ask = openServer();
    await save(ask, "sub", { ...LLM, auth_type: "subscription", subscription_vendor: "openai" });
    const header = { "X-Expose-Secrets": "plaintext" };
    const { config } = (await ask("GET", "/api/profiles/sub", undefined, header)).body;
    expect(config).toMatchObject({ auth_type: "subscription", api_key: null, base_url: null });
  });

  it("behind the proxy of OpenHands has that provider's name", async () => {
    const ask = openServer();
    const proxy = "https://llm-proxy.app.all-hands.dev/v1/";
    await save(ask, "a", { model: "litellm_proxy/gpt-5.6", base_url: proxy });
    await save(ask, "b", { model: "litellm_proxy/own", base_url: proxy });
    const { profiles } = (await ask("GET", "/api/profiles")).body;
    expect(
      profiles.map(({ model, base_url }: { model: string; base_url: string }) => [model, base_url]),
    ).toEqual([
      ["openhands/gpt-5.6", null],
      ["litellm_proxy/own", proxy],
    ]);
  });

  it("has a name that files may have, with or without the end of one", async () => {
    const ask = openServer();
    for (const name of [".x", "-x", "a%2Fb", "a%20b", "x".repeat(65), "%E2%82%AC"]) {
      expect((await save(ask, name)).status).toBe(422);
      expect((await ask("GET", `/api/profiles/${name}`)).status).toBe(422);
    }
    expect((await save(ask, "x.json")).body.name).toBe("x.json");
    expect(await names(ask)).toEqual(["x"]);
    expect((await ask("GET", "/api/profiles/x")).status).toBe(200);
    expect((await ask("POST", "/api/profiles/x.json/rename", { new_name: "x" })).status).toBe(200);
    await ask("POST", "/api/profiles/x.json/activate");
    expect((await ask("GET", "/api/profiles")).body.active_profile).toBe("x");
    await ask("DELETE", "/api/profiles/x.json");
    expect((await ask("GET", "/api/profiles")).body).toEqual({ profiles: [], active_profile: null });
  });

  it("is sorted as files are", async () => {
    const ask = openServer();
    for (const name of ["b", "a", "a-b", "B"]) await save(ask, name);
    expect(await names(ask)).toEqual(["B", "a-b", "a", "b"]);
  });

  it("must name a model", async () => {
    const ask = openServer();
    const { status, body } = await save(ask, "x", { api_key: "k" });
    expect(status).toBe(422);
    expect(body.detail[0].loc).toEqual(["body", "llm"]);
    expect((await ask("POST", "/api/profiles/x", {})).status).toBe(422);
  });
});

describe("the number of saved models", () => {
  it("is at most 50, also when several are saved at one moment", async () => {
    const ask = openServer();
    const statuses = await Promise.all(Array.from({ length: 60 }, (_, index) => save(ask, `p${index}`)));
    const refused = statuses.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(10);
    expect(refused[0]?.body.detail).toBe(
      "Profile limit reached (50). Delete a profile before saving a new one.",
    );
    expect(await names(ask)).toHaveLength(50);
    expect((await save(ask, (await names(ask))[0] ?? "")).status).toBe(201);
  });

  it("holds for two servers with one store", async () => {
    const store = memoryStore();
    const [one, other] = [openServer({ store }), openServer({ store })];
    for (let index = 0; index < 49; index += 1) await save(one, `p${index}`);
    const saved = await Promise.all([save(one, "x"), save(other, "y"), save(one, "z"), save(other, "w")]);
    expect(saved.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await names(other)).toHaveLength(50);
  });
});

describe("a profile that is renamed or removed", () => {
  it("takes the pointer of the settings with it", async () => {
    const ask = openServer({ secretKey: "secret" });
    await save(ask, "old");
    await ask("POST", "/api/profiles/old/activate");
    expect(await ask("POST", "/api/profiles/old/rename", { new_name: "new" })).toEqual({
      status: 200,
      body: { name: "new", message: "Profile 'old' renamed to 'new'" },
    });
    expect((await ask("GET", "/api/settings")).body.active_profile).toBe("new");
    expect(await names(ask)).toEqual(["new"]);
    await ask("DELETE", "/api/profiles/new");
    const settings = (await ask("GET", "/api/settings")).body;
    expect(settings).toMatchObject({ active_profile: null, llm_api_key_is_set: true });
  });

  it("keeps its key under the new name, and does not replace another", async () => {
    const ask = openServer({ secretKey: "secret" });
    await save(ask, "a");
    await save(ask, "b");
    expect(await ask("POST", "/api/profiles/a/rename", { new_name: "b" })).toEqual({
      status: 409,
      body: { detail: "Profile 'b' already exists" },
    });
    expect((await ask("POST", "/api/profiles/a/rename", { new_name: "a" })).body.message).toBe(
      "Profile 'a' unchanged (same name)",
    );
    await ask("POST", "/api/profiles/a/rename", { new_name: "c" });
    const header = { "X-Expose-Secrets": "plaintext" };
    expect((await ask("GET", "/api/profiles/c", undefined, header)).body.config.api_key).toBe("sk-secret-1");
  });

  it("that does not exist is 404, and fine to remove", async () => {
    const ask = openServer();
    const missing = { status: 404, body: { detail: "Profile 'nope' not found" } };
    expect(await ask("GET", "/api/profiles/nope")).toEqual(missing);
    expect(await ask("POST", "/api/profiles/nope/rename", { new_name: "nope" })).toEqual(missing);
    expect(await ask("POST", "/api/profiles/nope/activate")).toEqual(missing);
    expect(await ask("DELETE", "/api/profiles/nope")).toEqual({
      status: 200,
      body: { name: "nope", message: "Profile 'nope' deleted" },
    });
    expect((await ask("POST", "/api/profiles/nope/rename", { new_name: ".x" })).status).toBe(422);
  });

  it("is named by agent profiles under its new name, and stays while one names it", async () => {
    const store = memoryStore();
    const ask = openServer({ store });
    await save(ask, "used");
    const agent = { id: "1", name: "Coder", llm_profile_ref: "used.json", own: [1] };
    await store.documents.write([
      { kind: "agent-profile", name: "coder", json: JSON.stringify(agent), expected: null },
    ]);
    expect(await ask("DELETE", "/api/profiles/used")).toEqual({
      status: 409,
      body: { detail: "LLM profile is referenced by 1 agent profile(s): Coder" },
    });
    await ask("POST", "/api/profiles/used/rename", { new_name: "other" });
    const stored = await store.documents.read("agent-profile", "coder");
    expect(JSON.parse(stored?.json ?? "")).toEqual({ ...agent, llm_profile_ref: "other" });
  });
});

describe("a profile that is activated", () => {
  it("is the model of the settings", async () => {
    const ask = openServer();
    await save(ask, "fast", { ...LLM, temperature: 0.5 });
    expect(await ask("POST", "/api/profiles/fast/activate", {})).toEqual({
      status: 200,
      body: {
        name: "fast",
        message: "Profile 'fast' activated and applied to current settings",
        llm_applied: true,
      },
    });
    const settings = (await ask("GET", "/api/settings")).body;
    expect(settings.agent_settings.llm).toMatchObject({
      model: LLM.model,
      temperature: 0.5,
      api_key: "**********",
    });
    expect(settings.active_profile).toBe("fast");
    const patched = await ask("PATCH", "/api/settings", { active_profile: "nope" });
    expect(patched).toEqual({ status: 404, body: { detail: "Profile 'nope' not found" } });
    await save(ask, "other", { ...LLM, model: "openai/other" });
    const { agent_settings } = (await ask("PATCH", "/api/settings", { active_profile: "other" })).body;
    expect(agent_settings.llm.model).toBe("openai/other");
  });

  it("only moves the pointer where the agent is another program", async () => {
    const ask = openServer();
    await save(ask, "fast");
    await ask("PATCH", "/api/settings", { agent_settings_diff: { agent_kind: "acp" } });
    expect((await ask("POST", "/api/profiles/fast/activate")).body).toEqual({
      name: "fast",
      message: "Profile 'fast' activated",
      llm_applied: false,
    });
    expect((await ask("GET", "/api/settings")).body.active_profile).toBe("fast");
  });

  it("is never one that is removed at the same moment", async () => {
    const store = memoryStore();
    const [one, other] = [openServer({ store }), openServer({ store })];
    for (let round = 0; round < 10; round += 1) {
      await save(one, "fast");
      await Promise.all([one("POST", "/api/profiles/fast/activate"), other("DELETE", "/api/profiles/fast")]);
      const { profiles, active_profile } = (await one("GET", "/api/profiles")).body;
      expect(profiles).toEqual([]);
      expect(active_profile).toBeNull();
    }
  });
});

describe("a profile that is linked to a provider connection", () => {
  it("keeps no key, and has that of the connection when it is used", async () => {
    const ask = openServer({ secretKey: "secret" });
    const id = await connect(ask);
    await save(ask, "linked", { ...LLM, provider_connection_id: id });
    const [listed] = (await ask("GET", "/api/profiles")).body.profiles;
    expect(listed).toMatchObject({
      base_url: null,
      provider_connection_id: id,
      provider_connection_broken: false,
      api_key_set: true,
    });
    const shown = async (mode: string) =>
      (await ask("GET", "/api/profiles/linked", undefined, { "X-Expose-Secrets": mode })).body;
    expect((await shown("encrypted")).config).toMatchObject({ api_key: null, base_url: null });
    expect((await shown("plaintext")).config).toMatchObject({
      api_key: "sk-shared",
      base_url: "http://127.0.0.1:9/s",
    });
    await ask("POST", "/api/profiles/linked/activate");
    const header = { "X-Expose-Secrets": "plaintext" };
    const settings = (await ask("GET", "/api/settings", undefined, header)).body;
    expect(settings.agent_settings.llm).toMatchObject({ api_key: "sk-shared", provider_connection_id: id });
    expect((await ask("DELETE", `/api/llm/provider-connections/${id}`)).status).toBe(409);
  });

  it("is broken where there is no such connection, and says so where it is used", async () => {
    const ask = openServer();
    await save(ask, "broken", { ...LLM, provider_connection_id: "0".repeat(32) });
    const [listed] = (await ask("GET", "/api/profiles")).body.profiles;
    expect(listed).toMatchObject({ provider_connection_broken: true, api_key_set: false });
    expect((await ask("GET", "/api/profiles/broken")).status).toBe(200);
    const header = { "X-Expose-Secrets": "plaintext" };
    expect((await ask("GET", "/api/profiles/broken", undefined, header)).status).toBe(422);
    expect((await ask("POST", "/api/profiles/broken/activate")).status).toBe(422);
    const llm = { model: LLM.model, provider_connection_id: "0".repeat(32) };
    expect((await ask("POST", "/api/profiles/broken/validate", { llm })).status).toBe(422);
  });
});

describe("profiles under another secret key", () => {
  it("keep their keys byte for byte through every change", async () => {
    const store = memoryStore();
    const right = openServer({ store, secretKey: "right" });
    await save(right, "a");
    await right("POST", "/api/profiles/a/activate");
    const wrong = openServer({ store, secretKey: "wrong" });
    const [listed] = (await wrong("GET", "/api/profiles")).body.profiles;
    expect(listed.api_key_set).toBe(true);
    await save(wrong, "a", { model: "openai/other", base_url: LLM.base_url });
    await wrong("POST", "/api/profiles/a/rename", { new_name: "b" });
    expect((await wrong("GET", "/api/settings")).body.active_profile).toBe("b");
    const header = { "X-Expose-Secrets": "plaintext" };
    const { config } = (await right("GET", "/api/profiles/b", undefined, header)).body;
    expect(config).toMatchObject({ model: "openai/other", api_key: "sk-secret-1" });
    expect((await wrong("POST", "/api/profiles/b/activate")).status).toBe(409);
    const { agent_settings } = (await right("GET", "/api/settings", undefined, header)).body;
    expect(agent_settings.llm.api_key).toBe("sk-secret-1");
  });

  it.each([
    { model: "anthropic/claude-opus-4-8" },
    { model: LLM.model, base_url: "https://elsewhere.example/v1" },
  ])("are not moved to %j", async (llm) => {
    const store = memoryStore();
    await save(openServer({ store, secretKey: "right" }), "a");
    const wrong = openServer({ store, secretKey: "wrong" });
    const moved = await wrong("POST", "/api/profiles/a", { llm });
    expect([moved.status, moved.body.detail]).toEqual([
      409,
      expect.stringContaining("OH_PREVIOUS_SECRET_KEYS"),
    ]);
    expect((await wrong("POST", "/api/profiles/a", { llm: { ...llm, api_key: "sk-new" } })).status).toBe(201);
  });

  it("that are damaged cost themselves only", async () => {
    const store = memoryStore();
    const ask = openServer({ store });
    await save(ask, "good");
    for (const [name, json] of Object.entries({
      broken: "no JSON",
      newer: JSON.stringify({ schema_version: 2, model: "x" }),
      wrong: JSON.stringify({ model: 3 }),
    })) {
      await store.documents.write([{ kind: "llm-profile", name, json, expected: null }]);
      expect((await ask("GET", `/api/profiles/${name}`)).status).toBe(400);
      expect((await ask("POST", `/api/profiles/${name}/activate`)).status).toBe(400);
    }
    expect(await names(ask)).toEqual(["good"]);
    await ask("DELETE", "/api/profiles/broken");
    expect((await save(ask, "broken")).status).toBe(201);
  });
});
