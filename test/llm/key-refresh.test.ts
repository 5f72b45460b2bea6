import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createTestServer } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";

const NEW_KEY = "sk-new-0123456789";

/** A proxy that knows the new key alone, and repeats it; and beside it the place that tells the key. */
async function proxy() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers["x-control"] ?? request.headers.authorization}`);
    if (request.url === "/key") return response.end(`${NEW_KEY}\n`);
    const isKnown = request.headers.authorization === `Bearer ${NEW_KEY}`;
    const choice = { index: 0, finish_reason: "stop", message: { content: `I have ${NEW_KEY}` } };
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isKnown ? { choices: [choice] } : { error: { message: "token_not_found" } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

it("a run goes on when the proxy has changed the key of its model, and the new key is hidden", async () => {
  const { url, asked } = await proxy();
  const keyRefresh = { url: `${url}/key`, headers: { "X-Control": "c" }, baseUrls: [`${url}/v1`] };
  const server = await createTestServer({ keyRefresh, leakCheck: false });
  await using _ = server;
  const llm = {
    model: "litellm_proxy/gpt-4o",
    base_url: `${url}/v1`,
    api_key: "sk-old-0123456789",
    num_retries: 1,
  };
  const chat = await server.start("Hello", { agent: { llm } });
  await chat.expectFinished();
  expect(asked).toEqual([
    "/v1/chat/completions Bearer sk-old-0123456789",
    "/key c",
    `/v1/chat/completions Bearer ${NEW_KEY}`,
  ]);
  expect(JSON.stringify(chat.events)).toContain("I have ");
  expect(JSON.stringify(chat.events)).not.toContain(NEW_KEY);
});
