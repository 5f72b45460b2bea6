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
    { timeout: 10_000 },
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
