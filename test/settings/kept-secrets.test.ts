import { type AgentServer, createServer, memoryStore, type Store } from "agent-server";
import { describe, expect, it } from "vitest";
import { createCipher } from "../../src/secrets/cipher.ts";

const MASK = "**********";
const cipher = createCipher("ours");
const foreign = createCipher("another key").encrypt("sk-foreign");

function serve(store: Store, secretKey = "ours"): AgentServer {
  return createServer({ keyless: "loopback", store, secretKey, environment: {}, logger: "silent" });
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many kinds
type Json = any;

async function ask(
  server: AgentServer,
  path: string,
  {
    method = "GET",
    body,
    exposure = "plaintext",
  }: { method?: string; body?: object; exposure?: string } = {},
): Promise<{ status: number; json: Json; vary: string | null }> {
  const shown = exposure === "redacted" ? {} : { "X-Expose-Secrets": exposure };
  const headers = { "content-type": "application/json", ...shown };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await server.fetch(new Request(`http://localhost${path}`, init));
  return { status: response.status, json: await response.json(), vary: response.headers.get("vary") };
}

const patch = (server: AgentServer, agent: object) =>
  ask(server, "/api/settings", { method: "PATCH", body: { agent_settings_diff: agent } });
const agentOf = async (server: AgentServer, exposure = "plaintext") =>
  (await ask(server, "/api/settings", { exposure })).json.agent_settings;
const save = (server: AgentServer, llm: object) =>
  ask(server, "/api/profiles/p", { method: "POST", body: { llm, include_secrets: true } });

async function stored(store: Store, kind: string, name: string): Promise<string> {
  return (await store.documents.read(kind, name))?.json ?? "";
}

describe("a settings patch", () => {
  it("keeps the stored secret where it has asterisks, so that sending back what was shown changes nothing", async () => {
    await using server = serve(memoryStore());
    await patch(server, {
      llm: { model: "openai/gpt-4o", api_key: "sk-1", aws_secret_access_key: "aws-1" },
      mcp_config: { files: { command: "files", env: { TOKEN: "t-1" } } },
    });
    const before = await agentOf(server);
    expect((await patch(server, { llm: { api_key: MASK } })).status).toBe(200);
    expect((await patch(server, await agentOf(server, "redacted"))).status).toBe(200);
    expect(await agentOf(server)).toEqual(before);
  });

  it("with asterisks for a secret that is not stored sets none", async () => {
    await using server = serve(memoryStore());
    await patch(server, { llm: { model: "openai/gpt-4o", api_key: MASK } });
    expect((await agentOf(server)).llm.api_key).toBeNull();
  });

  it("with a token that no key opens is refused, names the field and changes nothing", async () => {
    await using server = serve(memoryStore());
    await patch(server, { llm: { model: "openai/gpt-4o", api_key: "sk-1" } });
    const refused = await patch(server, { llm: { model: "openai/other", api_key: foreign } });
    expect(refused).toMatchObject({
      status: 422,
      json: {
        detail: expect.stringMatching(
          /^agent_settings_diff\.llm\.api_key: was encrypted with a different key/,
        ),
      },
    });
    expect((await agentOf(server)).llm).toMatchObject({ model: "openai/gpt-4o", api_key: "sk-1" });
  });
});

describe("a saved model", () => {
  it("is not saved with a token that no key opens", async () => {
    await using server = serve(memoryStore());
    await save(server, { model: "openai/gpt-4o", api_key: "sk-1" });
    const refused = await save(server, { model: "openai/other", api_key: foreign });
    expect([refused.status, refused.json.detail]).toEqual([422, expect.stringMatching(/^llm\.api_key: /)]);
    const { config } = (await ask(server, "/api/profiles/p")).json;
    expect(config).toMatchObject({ model: "openai/gpt-4o", api_key: "sk-1" });
  });

  it("with a key of a lost secret key has one in its list and in its own answer", async () => {
    const store = memoryStore();
    const first = serve(store);
    await save(first, { model: "openai/gpt-4o", api_key: "sk-1" });
    await using server = serve(store, "wrong");
    expect((await ask(server, "/api/profiles")).json.profiles[0].api_key_set).toBe(true);
    expect((await ask(server, "/api/profiles/p")).json.api_key_set).toBe(true);
  });

  it("can be read where a strategy of fallback models is stored with it", async () => {
    const store = memoryStore();
    const llm = { model: "openai/gpt-4o", fallback_strategy: { fallback_llms: ["other"] } };
    const settings = { schema_version: 6, agent_settings: { schema_version: 8, llm } };
    await store.documents.write([
      { kind: "llm-profile", name: "p", json: JSON.stringify(llm), expected: null },
      { kind: "settings", name: "settings", json: JSON.stringify(settings), expected: null },
    ]);
    await using server = serve(store);
    expect((await ask(server, "/api/profiles/p")).json.config.model).toBe("openai/gpt-4o");
    expect((await agentOf(server)).llm.model).toBe("openai/gpt-4o");
  });
});

describe("the password in the address of an MCP server", () => {
  const address = (password: string) => `https://user:${password}@mcp.example/path`;
  const config = (password: string) => ({ mcp_config: { a: { url: address(password) } } });
  const shown = async (server: AgentServer, exposure?: string) =>
    (await agentOf(server, exposure)).mcp_config.a.url;

  it("is masked in answers, sealed in the store, and kept when the mask comes back", async () => {
    const store = memoryStore();
    await using server = serve(store);
    await patch(server, config("pass"));
    expect(await shown(server, "redacted")).toBe(address(MASK));
    expect(await shown(server)).toBe(address("pass"));
    const token = /user:([^@]*)@/.exec(await shown(server, "encrypted"))?.[1] ?? "";
    expect(cipher.decrypt(token)).toBe("pass");
    expect(await stored(store, "settings", "settings")).not.toContain("user:pass@");
    await patch(server, config(MASK));
    await patch(server, config(token));
    expect(await shown(server)).toBe(address("pass"));
  });

  it("comes back with its secret key", async () => {
    const store = memoryStore();
    await patch(serve(store), config("pass"));
    const wrong = serve(store, "wrong");
    expect(await shown(wrong)).not.toContain("pass@");
    expect((await patch(wrong, { persona: "p" })).status).toBe(409);
    await using server = serve(store);
    expect(await shown(server)).toBe(address("pass"));
  });
});

describe("a secret of a lost secret key", () => {
  it("is left alone by every change, and the refusal names the command that drops it", async () => {
    const store = memoryStore();
    const first = serve(store);
    const put = (server: AgentServer, name: string) =>
      ask(server, "/api/settings/secrets", { method: "PUT", body: { name, value: "v", description: null } });
    const connect = (server: AgentServer) =>
      ask(server, "/api/llm/provider-connections", {
        method: "POST",
        body: { display_name: "C", api_key: "sk-1" },
      });
    await put(first, "A");
    await connect(first);
    await patch(first, { llm: { model: "openai/gpt-4o", api_key: "sk-1" } });
    await using server = serve(store, "wrong");
    const refusals = [await put(server, "B"), await connect(server), await patch(server, { persona: "p" })];
    for (const { status, json } of refusals) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(JSON.stringify(json)).toContain("agent-server reseal --forget-unreadable");
    }
  });

  it("in MCP servers that an old version wrapped stays, and blocks no reading", async () => {
    const store = memoryStore();
    const token = cipher.encrypt("t-1");
    const old = {
      schema_version: 2,
      agent_settings: {
        schema_version: 4,
        mcp_config: { mcpServers: { a: { command: "x", env: { TOKEN: token } } } },
      },
    };
    await store.documents.write([
      { kind: "settings", name: "settings", json: JSON.stringify(old), expected: null },
    ]);
    await using wrong = serve(store, "wrong");
    expect((await agentOf(wrong)).mcp_config.a).toMatchObject({ command: "x" });
    // The first list writes the settings, which name the agent that it makes.
    expect((await ask(wrong, "/api/agent-profiles")).status).toBe(200);
    expect((await agentOf(serve(store))).mcp_config.a.env).toEqual({ TOKEN: "t-1" });
  });
});

it("the first agent is not made of a saved model that is gone", async () => {
  const store = memoryStore();
  const settings = {
    schema_version: 6,
    active_profile: "gone",
    agent_settings: { llm: { model: "openai/gpt-4o", api_key: "sk-1" } },
  };
  await store.documents.write([
    { kind: "settings", name: "settings", json: JSON.stringify(settings), expected: null },
  ]);
  await using server = serve(store);
  const { profiles } = (await ask(server, "/api/agent-profiles")).json;
  expect(profiles).toMatchObject([{ name: "default", llm_profile_ref: "default" }]);
  expect((await ask(server, "/api/profiles/default")).json.config.api_key).toBe("sk-1");
});
