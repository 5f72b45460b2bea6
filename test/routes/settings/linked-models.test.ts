import { memoryStore } from "agent-server";
import { expect, it, vi } from "vitest";
import { recordedProvider } from "../../llm/recorded-provider.ts";
import { type Ask, openServer } from "./open-server.ts";

const PATH = "/api/llm/provider-connections";
const completion = { choices: [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }] };

async function connect(ask: Ask, base_url: string | null, api_key: string): Promise<string> {
  return (await ask("POST", PATH, { display_name: "Shared", api_key, base_url })).body.id;
}

async function start(ask: Ask, llm: object): Promise<string> {
  const agent = { llm: { num_retries: 1, ...llm }, tools: [], include_default_tools: [] };
  const started = await ask("POST", "/api/conversations", {
    agent,
    autotitle: false,
    workspace: { working_dir: "/tmp" },
  });
  expect(started.status).toBe(201);
  return started.body.id;
}

/** Sends a message and waits for the end of its run. */
async function talk(ask: Ask, id: string): Promise<string> {
  const content = [{ type: "text", text: "Hello" }];
  await ask("POST", `/api/conversations/${id}/events`, { role: "user", content, run: true });
  return vi.waitFor(
    async () => {
      const { execution_status: status } = (await ask("GET", `/api/conversations/${id}`)).body;
      expect(["finished", "error"]).toContain(status);
      return status;
    },
    { timeout: 30_000 },
  );
}

it("a posted model has the key and the address of its provider connection, also when these change", async () => {
  const first = await recordedProvider({ body: completion });
  const second = await recordedProvider({ body: completion });
  const ask = openServer({ secretKey: "secret" });
  const id = await connect(ask, first.url, "sk-first-4711");
  const conversation = await start(ask, { model: "openai/x", provider_connection_id: id });
  expect(await talk(ask, conversation)).toBe("finished");
  await ask("PATCH", `${PATH}/${id}`, { base_url: second.url, api_key: "sk-second-4711" });
  expect(await talk(ask, conversation)).toBe("finished");
  expect([first, second].map(({ requests }) => requests.map(({ headers }) => headers.authorization))).toEqual(
    [["Bearer sk-first-4711"], ["Bearer sk-second-4711"]],
  );
  const { body } = await ask("GET", `/api/conversations/${conversation}`);
  expect(body.agent.llm).toMatchObject({ provider_connection_id: id, api_key: null });
  expect(JSON.stringify(body)).not.toContain("4711");
});

it("a posted model with a key of its own keeps it", async () => {
  const provider = await recordedProvider({ body: completion });
  const ask = openServer({ secretKey: "secret" });
  const id = await connect(ask, "http://127.0.0.1:9", "sk-shared");
  const llm = { model: "openai/x", provider_connection_id: id, api_key: "sk-own", base_url: provider.url };
  expect(await talk(ask, await start(ask, llm))).toBe("finished");
  expect(provider.requests[0]?.headers.authorization).toBe("Bearer sk-own");
});

it("the key of a connection never goes to an address that a client names", async () => {
  const thief = await recordedProvider({ body: completion });
  const own = await recordedProvider({ body: completion });
  const ask = openServer({ secretKey: "secret", environment: { OPENAI_BASE_URL: own.url } });
  const id = await connect(ask, null, "sk-shared");
  expect(
    await talk(ask, await start(ask, { model: "openai/x", provider_connection_id: id, base_url: thief.url })),
  ).toBe("finished");
  expect(own.requests[0]?.headers.authorization).toBe("Bearer sk-shared");
  const bedrock = {
    model: "bedrock/x",
    aws_region_name: "xx-nowhere-1",
    aws_bedrock_runtime_endpoint: thief.origin,
    provider_connection_id: id,
    timeout: 2,
  };
  const conversation = await start(ask, bedrock);
  expect(await talk(ask, conversation)).toBe("error");
  await ask("POST", `/api/conversations/${conversation}/switch_llm`, { llm: { num_retries: 1, ...bedrock } });
  expect(await talk(ask, conversation)).toBe("error");
  expect(thief.requests).toEqual([]);
});

it("a connection that is gone is an error of the conversation", async () => {
  const ask = openServer({ secretKey: "secret", store: memoryStore() });
  const conversation = await start(ask, { model: "openai/x", provider_connection_id: "gone" });
  expect(await talk(ask, conversation)).toBe("error");
  const { body } = await ask("GET", `/api/conversations/${conversation}/events/search?limit=50`);
  const failures = body.items.filter(({ kind }: { kind: string }) => kind === "ConversationErrorEvent");
  expect(failures).toMatchObject([{ code: "LLMAuthenticationError" }]);
});

it("the model of a guardrail has the key and the address of its provider connection", async () => {
  const view = { name: "file_editor", arguments: JSON.stringify({ command: "view", path: "/tmp" }) };
  const message = { content: null, tool_calls: [{ id: "call_1", type: "function", function: view }] };
  const worker = await recordedProvider({
    body: { choices: [{ index: 0, finish_reason: "tool_calls", message }] },
  });
  const guard = await recordedProvider({ body: completion });
  const ask = openServer({ secretKey: "secret" });
  const id = await connect(ask, guard.url, "sk-guard-4711");
  const llm = { model: "openai/x", api_key: "sk-own", base_url: worker.url, num_retries: 1 };
  const { body } = await ask("POST", "/api/conversations", {
    agent: { llm, tools: [{ name: "file_editor" }] },
    autotitle: false,
    max_iterations: 1,
    workspace: { working_dir: "/tmp" },
    security_analyzer: {
      kind: "ToolShieldLLMSecurityAnalyzer",
      llm: { model: "openai/guard", provider_connection_id: id, num_retries: 1 },
    },
  });
  const content = [{ type: "text", text: "Go." }];
  await ask("POST", `/api/conversations/${body.id}/events`, { role: "user", content, run: true });
  await vi.waitFor(() => expect(guard.requests).not.toEqual([]), { timeout: 60_000 });
  expect(guard.requests[0]?.headers.authorization).toBe("Bearer sk-guard-4711");
  const info = await ask("GET", `/api/conversations/${body.id}`);
  expect(info.body.security_analyzer.llm).toMatchObject({ provider_connection_id: id, api_key: null });
  expect(JSON.stringify(info)).not.toContain("4711");
}, 90_000);
