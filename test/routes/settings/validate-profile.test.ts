import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { openServer } from "./open-server.ts";

interface Asked {
  path: string;
  key: string | undefined;
  body: Record<string, unknown>;
}

const REPLY = {
  id: "r",
  model: "m",
  choices: [{ index: 0, finish_reason: "length", message: { role: "assistant", content: "po" } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

/** A provider on loopback that answers every call alike. null: it never answers. */
async function provider(status: number, body: unknown) {
  const asked: Asked[] = [];
  const server = createHttpServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    asked.push({ path: request.url ?? "", key: request.headers.authorization, body: JSON.parse(text) });
    if (body === null) return;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

const GOOD = { status: 200, body: { valid: true, error: null } };

describe("a model that is tried out", () => {
  it("is asked for one token, once, and nothing is stored", async () => {
    const { asked, url } = await provider(200, REPLY);
    const ask = openServer();
    const llm = { model: "openai/some-model", api_key: "sk-1", base_url: url };
    expect(await ask("POST", "/api/profiles/draft/validate", { llm, include_secrets: true })).toEqual(GOOD);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      key: "Bearer sk-1",
      body: { model: "some-model", max_completion_tokens: 1 },
    });
    expect((await ask("GET", "/api/profiles")).body.profiles).toEqual([]);
  });

  it("is asked with the key of its provider connection, or one that comes encrypted", async () => {
    const { asked, url } = await provider(200, REPLY);
    const ask = openServer({ secretKey: "secret" });
    const connection = { display_name: "Shared", api_key: "sk-shared", base_url: url };
    const { id } = (await ask("POST", "/api/llm/provider-connections", connection)).body;
    const model = "openai/some-model";
    const linked = { model, provider_connection_id: id };
    expect(await ask("POST", "/api/profiles/x/validate", { llm: linked })).toEqual(GOOD);
    await ask("POST", "/api/profiles/x", { llm: { model, api_key: "sk-own", base_url: url } });
    const header = { "X-Expose-Secrets": "encrypted" };
    const { config } = (await ask("GET", "/api/profiles/x", undefined, header)).body;
    expect(await ask("POST", "/api/profiles/x/validate", { llm: config })).toEqual(GOOD);
    expect(asked.map(({ key }) => key)).toEqual(["Bearer sk-shared", "Bearer sk-own"]);
  });

  it("may be too busy, but not out of allowance", async () => {
    const ask = openServer();
    const verdict = async (status: number, error: object) => {
      const { url } = await provider(status, { error });
      const llm = { model: "openai/some-model", api_key: "sk-1234567890", base_url: url };
      return (await ask("POST", "/api/profiles/x/validate", { llm })).body;
    };
    expect(await verdict(429, { message: "Slow down" })).toEqual(GOOD.body);
    expect(await verdict(429, { message: "insufficient_quota" })).toMatchObject({
      valid: false,
      error: { type: "LLMRateLimitError" },
    });
    expect(await verdict(503, { message: "Down" })).toMatchObject({ valid: false });
    const refused = await verdict(401, { message: "Incorrect API key sk-1234567890" });
    expect(refused).toMatchObject({ valid: false, error: { type: "LLMAuthenticationError" } });
    expect(refused.error.message).not.toContain("sk-1234567890");
  });

  it("may be slow: a second is waited where its configuration says so", async () => {
    const { asked, url } = await provider(200, null);
    const llm = { model: "openai/some-model", api_key: "sk-1", base_url: url, timeout: 1 };
    expect(await openServer()("POST", "/api/profiles/x/validate", { llm })).toEqual(GOOD);
    expect(asked).toHaveLength(1);
  });

  it("cannot be reached, or has no provider", async () => {
    const ask = openServer();
    const verdict = async (llm: object) => (await ask("POST", "/api/profiles/x/validate", { llm })).body;
    expect(await verdict({ model: "openai/x", api_key: "k", base_url: "http://127.0.0.1:9" })).toMatchObject({
      valid: false,
      error: { type: "LLMServiceUnavailableError" },
    });
    expect(await verdict({ model: "nowhere/x", api_key: "k" })).toMatchObject({
      valid: false,
      error: { type: "LLMBadRequestError" },
    });
    expect(await verdict({ model: "openai/x" })).toMatchObject({ error: { type: "LLMAuthenticationError" } });
  });

  it("is asked for as few tokens as the Responses API allows", async () => {
    const { asked, url } = await provider(400, { error: { message: "no" } });
    const llm = { model: "openai/gpt-5.6", api_key: "k", base_url: url, api_mode: "responses" };
    await openServer()("POST", "/api/profiles/x/validate", { llm });
    expect(asked[0]).toMatchObject({ path: "/v1/responses", body: { max_output_tokens: 16 } });
  });
});
