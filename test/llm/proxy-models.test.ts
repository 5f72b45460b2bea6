import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { model } from "./recorded-provider.ts";

const usage = {
  prompt_tokens: 1_000_000,
  completion_tokens: 100_000,
  prompt_tokens_details: { cached_tokens: 400_000 },
};

/** A LiteLLM proxy that lists models as given, or answers with a text. */
async function proxy(listed: object[] | string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === "GET") asked.push(`${request.url} ${request.headers.authorization}`);
    const choices = [{ index: 0, finish_reason: "stop", message: { content: "Hi" } }];
    response.writeHead(200, { "content-type": "application/json" });
    if (request.method === "POST") response.end(JSON.stringify({ choices, usage }));
    else response.end(typeof listed === "string" ? listed : JSON.stringify({ data: listed }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const reply = async (url: string, rest: object = {}) =>
  model({ model: "litellm_proxy/my-alias", base_url: url, ...rest }).ask();

it("a name of a proxy is priced as the model behind it, and asked about once", async () => {
  const { url, asked } = await proxy([
    5 as unknown as object,
    { model_name: "other", litellm_params: { model: "openai/gpt-4o" } },
    {
      model_name: "my-alias",
      litellm_params: { model: "openai/gpt-4o" },
      model_info: { input_cost_per_token: 9 },
    },
  ]);
  const { ask } = model({ model: "litellm_proxy/my-alias", base_url: `${url}/v1` });
  const known = await model({ model: "openai/gpt-4o", base_url: `${url}/v1` }).ask();
  const first = await ask();
  await ask();
  expect(first.cost).toBeGreaterThan(0);
  expect(first).toMatchObject({ cost: known.cost, contextWindow: known.contextWindow });
  expect(asked).toEqual(["/v1/model/info Bearer test-key"]);
});

it("it is priced by the proxy's own figures where no one knows the model behind it", async () => {
  const model_info = {
    input_cost_per_token: 0.000002,
    output_cost_per_token: 0.00001,
    cache_read_input_token_cost: 0.000001,
    max_input_tokens: 64_000,
  };
  const { url } = await proxy([
    { model_name: "my-alias", litellm_params: { model: "openai/secret" }, model_info },
  ]);
  expect(await reply(url)).toMatchObject({ cost: expect.closeTo(2.6, 9), contextWindow: 64_000 });
});

it.each([
  ["nothing", []],
  ["no JSON", "<html>"],
  ["another shape", '{"data":{}}'],
  [
    "wrong figures",
    [{ model_name: "my-alias", litellm_params: 5, model_info: { input_cost_per_token: -1 } }],
  ],
])("it costs nothing where the proxy says %s", async (_, listed) => {
  const { url } = await proxy(listed as object[] | string);
  expect(await reply(url)).toMatchObject({ cost: 0, contextWindow: 0 });
});

it("the proxy is not asked about a model whose price is known", async () => {
  const { url, asked } = await proxy([]);
  await reply(url, { model: "litellm_proxy/prod/claude-sonnet-4-5" });
  await reply(url, { input_cost_per_token: 1, output_cost_per_token: 1, max_input_tokens: 64_000 });
  expect(asked).toEqual([]);
});
