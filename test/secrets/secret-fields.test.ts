import { describe, expect, test } from "vitest";
import { createCipher } from "../../src/secrets/cipher.ts";
import { mapSecrets } from "../../src/secrets/map-secrets.ts";
import {
  keepLost,
  namesOfLost,
  openSecrets,
  openSources,
  redactSecrets,
  sealSecrets,
  sealSources,
} from "../../src/secrets/secret-fields.ts";

const MARK = "**********";

/** Everything that can hold a secret, with each secret named s1, s2, … in the order of reading. */
const state = {
  agent: {
    kind: "Agent",
    llm: {
      model: "m",
      api_key: "s1",
      aws_access_key_id: "s2",
      aws_secret_access_key: "s3",
      aws_session_token: "s4",
      aws_region_name: "eu",
      extra_headers: { "X-Api-Key": "shown" },
      litellm_extra_body: { api_key: "shown" },
    },
    tools: [{ name: "search", params: { api_key: "shown" } }],
    condenser: { kind: "LLMSummarizingCondenser", llm: { model: "c", api_key: "s5" } },
    critic: { kind: "APIBasedCritic", api_key: "s6" },
    mcp_config: {
      local: { command: "npx", args: ["-y"], env: { TOKEN: "s7", DEBUG: "s8" } },
      remote: {
        url: "https://mcp.test",
        headers: { "X-Any": "s9" },
        auth: { strategy: "bearer", value: "s10" },
      },
      basic: { url: "u", auth: { strategy: "basic", username: "shown", password: "s11" } },
      header: { url: "u", auth: { strategy: "header", headers: { Cookie: "s12" } } },
      oauth: {
        url: "u",
        auth: {
          strategy: "oauth2",
          authentication: { type: "oauth", client_id: "shown", client_secret: "s13" },
          state: { tokens: { access_token: "s14", refresh_token: "s15", token_type: "Bearer" } },
        },
      },
    },
    agent_context: {
      skills: [{ name: "skill", mcp_tools: { mcpServers: { inner: { command: "x", env: { A: "s16" } } } } }],
      secrets: { BARE: "s17", "a/b~c": { value: "s18", description: "shown" } },
    },
  },
  security_analyzer: {
    kind: "EnsembleSecurityAnalyzer",
    analyzers: [{ kind: "GraySwanAnalyzer", api_key: "s19" }],
  },
  secret_registry: {
    secret_sources: {
      STATIC: { kind: "StaticSecret", value: "s20", description: "shown" },
      UNSET: { kind: "StaticSecret", value: null, description: null },
      LOOKUP: { kind: "LookupSecret", url: "/x", headers: { Authorization: "s21", Accept: "shown" } },
    },
  },
  agent_state: { api_key: "shown" },
};

function secretsOf(value: unknown): string[] {
  const secrets: string[] = [];
  mapSecrets(value, (secret) => {
    secrets.push(secret);
    return secret;
  });
  return secrets;
}

describe("mapSecrets", () => {
  test("finds every secret and nothing else", () => {
    expect(secretsOf(state)).toEqual([...Array(21).keys()].map((index) => `s${index + 1}`));
    expect(JSON.stringify(mapSecrets(state, () => "gone")).match(/"s\d+"/g)).toBeNull();
  });

  test("finds the secrets of requests and settings", () => {
    const request = {
      secrets: { A: "s1", B: { kind: "StaticSecret", value: "s2" } },
      agent_settings: { llm: { api_key: "s3" } },
    };
    expect(secretsOf(request)).toEqual(["s1", "s2", "s3"]);
    const settings = {
      custom_secrets: { A: { name: "A", secret: "s1", description: "d" } },
      critic_api_key: "s2",
    };
    expect(secretsOf(settings)).toEqual(["s1", "s2"]);
  });

  test("copies only what lies on the way to a change", () => {
    const mapped = mapSecrets(state, (secret) => (secret === "s5" ? "new" : secret));
    expect(mapped.agent.condenser.llm).toEqual({ model: "c", api_key: "new" });
    expect(mapped.agent).not.toBe(state.agent);
    expect(mapped.agent.llm).toBe(state.agent.llm);
    expect(mapped.secret_registry).toBe(state.secret_registry);
    expect(mapSecrets(state, (secret) => secret)).toBe(state);
  });

  test("takes a key named __proto__ for a key, and survives deep nesting", () => {
    const hostile = JSON.parse('{"secrets":{"__proto__":{"value":"s"},"x":"s"}}');
    const mapped = mapSecrets(hostile, () => "hidden");
    expect(JSON.stringify(mapped)).toBe('{"secrets":{"__proto__":{"value":"hidden"},"x":"hidden"}}');
    const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`);
    expect(mapSecrets(deep, () => "hidden")).toBe(deep);
  });
});

describe("redactSecrets", () => {
  test("shows asterisks in settings and on sockets", () => {
    const redacted = redactSecrets(state, "asterisks");
    expect(JSON.stringify(redacted).split(`"${MARK}"`)).toHaveLength(22);
    expect(redacted.secret_registry.secret_sources.UNSET.value).toBeNull();
    expect(redactSecrets({ api_key: "" }, "asterisks")).toEqual({ api_key: "" });
  });

  test("shows conversations as if no secret were set", () => {
    const { agent, secret_registry: registry } = redactSecrets(state, "null");
    expect(agent.llm).toMatchObject({ api_key: null, aws_session_token: null, aws_region_name: "eu" });
    expect(agent.mcp_config.local).toEqual({ command: "npx", args: ["-y"], env: {} });
    expect(agent.mcp_config.basic.auth).toEqual({ strategy: "basic", username: "shown" });
    expect(agent.agent_context.secrets.BARE).toBe(MARK);
    expect(registry.secret_sources.STATIC).toMatchObject({ value: null, description: "shown" });
    expect(registry.secret_sources.LOOKUP.headers).toEqual({ Accept: "shown" });
  });
});

describe("at rest", () => {
  const cipher = createCipher("right key");

  test("secrets are encrypted, and open again as they were", () => {
    const sealed = sealSecrets(state, cipher);
    expect(secretsOf(sealed).every((secret) => secret.startsWith("gAAAAA"))).toBe(true);
    expect(openSecrets(sealed, cipher)).toEqual({ value: state, lost: [] });
  });

  test("what is encrypted with this key already is not encrypted again", () => {
    const sealed = sealSecrets({ api_key: "s" }, cipher);
    expect(sealSecrets(sealed, cipher)).toBe(sealed);
    const foreign = sealSecrets({ api_key: "s" }, createCipher("other"));
    expect(openSecrets(sealSecrets(foreign, cipher), cipher).value).toEqual(foreign);
  });

  test("without a key, secrets are not written, and are gone when opened", () => {
    const sealed = sealSecrets(state, undefined);
    expect(new Set(secretsOf(sealed))).toEqual(new Set([MARK]));
    const { value, lost } = openSecrets(sealed, undefined);
    expect(value.agent.llm.api_key).toBeNull();
    expect(value.agent.agent_context.secrets).toEqual({ "a/b~c": { value: null, description: "shown" } });
    expect(lost).toHaveLength(21);
    // They are still known to be lost after the next save.
    const saved = keepLost(sealSecrets(value, undefined), sealed, lost);
    expect(new Set(openSecrets(saved, undefined).lost)).toEqual(new Set(lost));
  });

  test("texts stored before there was a key are taken as they are", () => {
    expect(openSecrets(state, cipher)).toEqual({ value: state, lost: [] });
  });

  test.each([
    ["a wrong key", createCipher("wrong key")],
    ["no key", undefined],
  ])("with %s, secrets are null and named, and their tokens survive the next save", (_, wrong) => {
    const stored = sealSecrets(state, cipher);
    const { value, lost } = openSecrets(stored, wrong);
    expect(lost).toHaveLength(21);
    expect(lost).toContain("/agent/agent_context/secrets/a~1b~0c/value");
    expect(secretsOf(value)).toEqual([]);
    const saved = keepLost(sealSecrets(value, wrong), stored, lost);
    expect(openSecrets(saved, cipher)).toEqual({ value: state, lost: [] });
  });

  test("a lost secret that is set again takes the place of its token", () => {
    const wrong = createCipher("wrong key");
    const stored = sealSecrets({ llm: { api_key: "old" }, critic: { api_key: "kept" } }, cipher);
    const { value, lost } = openSecrets(stored, wrong);
    const changed = { ...value, llm: { api_key: "new" } };
    const saved = keepLost(sealSecrets(changed, wrong), stored, lost);
    expect(openSecrets(saved, wrong).value.llm.api_key).toBe("new");
    expect(openSecrets(saved, cipher).value.critic.api_key).toBe("kept");
  });

  test("models in the parameters of a tool have secrets, other parameters have none", () => {
    const params = { api_key: "shown", meta_profile_llms: { fast: { model: "m", api_key: "sk-1" } } };
    const agent = { tools: [{ name: "ClassifyAndSwitchLLMTool", params }] };
    const masked = { ...params, meta_profile_llms: { fast: { model: "m", api_key: "**********" } } };
    expect(redactSecrets(agent, "asterisks").tools[0]?.params).toEqual(masked);
    expect(JSON.stringify(sealSecrets(agent, cipher))).not.toContain("sk-1");
  });

  test("the names of a conversation's secrets are not taken for those of fields", () => {
    const names = [
      "params",
      "stats",
      "tags",
      "agent_state",
      "mcp_config",
      "secrets",
      "custom_secrets",
      "a/b~c",
    ];
    const sources = Object.fromEntries(
      names.map((name) => [
        name,
        { kind: "StaticSecret" as const, value: `value of ${name}`, description: null },
      ]),
    );
    const sealed = sealSources(sources, cipher);
    expect(JSON.stringify(sealed)).not.toContain("value of");
    expect(Object.values(sealed).map(({ kind }) => kind)).toEqual(names.map(() => "StaticSecret"));
    expect(openSources(sealed, cipher)).toEqual({ value: sources, lost: [] });
    expect(namesOfLost(openSources(sealed, undefined).lost)).toEqual(names);
  });

  test("nothing comes back of what was removed", () => {
    const stored = sealSecrets({ mcp_config: { a: { env: { K: "1" } }, b: { env: { K: "2" } } } }, cipher);
    const { lost } = openSecrets(stored, undefined);
    const saved = keepLost({ mcp_config: { b: { env: {} } } }, stored, lost);
    expect(saved).toEqual({ mcp_config: { b: { env: { K: stored.mcp_config.b.env.K } } } });
    expect(keepLost({ other: 1 }, stored, lost)).toEqual({ other: 1 });
  });
});

test("keys of models are sealed whatever their profiles are called", () => {
  const cipher = createCipher("key");
  const models = {
    params: { api_key: "k1" },
    secrets: { model: "m", api_key: "k2" },
    tags: { api_key: "k3" },
  };
  const agent = {
    meta_profile_llms: models,
    tools: [{ name: "switch", params: { meta_profile_llms: models, api_key: "shown" } }],
  };
  const sealed = sealSecrets(agent, cipher);
  expect(JSON.stringify(sealed)).not.toMatch(/"k\d"/);
  expect([sealed.tools[0]?.params.api_key, sealed.meta_profile_llms.secrets.model]).toEqual(["shown", "m"]);
  expect(openSecrets(sealed, cipher)).toEqual({ value: agent, lost: [] });
  const { lost } = openSecrets(sealed, createCipher("other"));
  expect(lost).toContain("/tools/0/params/meta_profile_llms/params/api_key");
});

test("an MCP server that has the name of the wrapper keeps its secrets", () => {
  const servers = { mcpServers: { command: "x", env: { TOKEN: "s1" } } };
  const wrapped = { mcpServers: { command: { command: "x", env: { TOKEN: "s1" } } } };
  expect(redactSecrets({ mcp_config: servers }, "asterisks")).toEqual({
    mcp_config: { mcpServers: { command: "x", env: { TOKEN: MARK } } },
  });
  expect(redactSecrets({ mcp_config: wrapped }, "asterisks")).toEqual({
    mcp_config: { mcpServers: { command: { command: "x", env: { TOKEN: MARK } } } },
  });
});
