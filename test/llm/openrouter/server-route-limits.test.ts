import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createTestServer, say, startScriptedLlmServer } from "agent-server/testing";
import { expect, it, onTestFinished, vi } from "vitest";

// The name is looked up nowhere: the proxy is asked for it.
vi.mock("node:dns/promises", async (original) => {
  const dns = await original<typeof import("node:dns/promises")>();
  const lookup: unknown = (host: string, options: object) =>
    host === "openrouter.ai" ? Promise.reject(new Error("unknown")) : dns.lookup(host, options);
  return { ...dns, lookup };
});

/** A proxy that connects to nothing and notes down what it was asked for. */
async function refusingProxy() {
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on("connect", (request, socket) => {
    asked.push(request.url);
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done));
  onTestFinished(() => void proxy.close());
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

it.each([
  ["openrouter/moonshotai/kimi-k2", ["openrouter.ai:443"]],
  ["openai/gpt-4o", []],
])("the conversations of a server ask OpenRouter once for the window of %s: %j", async (model, expected) => {
  const { url: HTTPS_PROXY, asked } = await refusingProxy();
  await using provider = await startScriptedLlmServer([say("One."), say("Two."), say("Three.")]);
  await using server = await createTestServer({ environment: { HTTPS_PROXY }, leakCheck: false });
  const llm = { model, base_url: provider.url, api_key: "k" };
  const first = await server.start("Say one.", { agent: { llm } });
  await first.expectFinished("One.");
  await first.send("Say two.");
  await first.expectFinished("Two.");
  const second = await server.start("Say three.", { agent: { llm } });
  await second.expectFinished("Three.");
  expect(asked).toEqual(expected);
  const { stats } = await server.conversations.get(first.id);
  expect(stats.usage_to_metrics?.default?.accumulated_token_usage?.context_window).toBeGreaterThan(0);
});
