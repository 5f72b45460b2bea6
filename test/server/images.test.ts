import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Content, text } from "agent-server";
import { createTestServer, say, startScriptedLlmServer, type TestServerOptions } from "agent-server/testing";
import { describe, expect, it, onTestFinished } from "vitest";

/** A picture on a server of this machine. */
async function picture(): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "image/png" }).end("picture");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`;
}

/** What the agent says of the picture, and the request its model got, as text. */
async function show(url: string, model: string, options: TestServerOptions = {}) {
  await using provider = await startScriptedLlmServer([say("A picture.")]);
  await using server = await createTestServer({ leakCheck: false, ...options });
  const { conversations } = server;
  const { info, conversation } = await conversations.create({
    autotitle: false,
    agent: { llm: { model, base_url: provider.url, api_key: "k" } },
    workspace: { working_dir: server.workingDir },
  });
  const image: Content = { type: "image", image_urls: [url], cache_prompt: false };
  await conversation.sendMessage([text("What is this?"), image]);
  for await (const event of conversations.follow(info.id)) {
    if (event.kind === "ConversationStateUpdateEvent" && event.value === "finished") break;
  }
  return {
    said: await conversations.agentFinalResponse(info.id),
    asked: JSON.stringify(provider.requests.map(({ body }) => body)),
  };
}

describe("an image in a message", () => {
  it("goes to a model that sees, as the address it is", async () => {
    const { said, asked } = await show("https://example.com/a.png", "openai/gpt-4o");
    expect(said).toBe("A picture.");
    expect(asked).toContain("https://example.com/a.png");
  });

  it("is answered without the model when it sees none", async () => {
    const { said, asked } = await show("https://example.com/a.png", "deepseek/deepseek-chat");
    expect(said).toMatch(/deepseek-chat\) cannot see images/);
    expect(asked).toBe("[]");
  });
});

describe("an image for a model that opens no addresses", () => {
  it("is not fetched from a private network", async () => {
    const { asked } = await show(await picture(), "moonshot/kimi-k2.6");
    expect(asked).toContain("An image was left out: 127.0.0.1 is an address that this server does not open");
  });

  it("is fetched there when that is allowed", async () => {
    const { asked } = await show(await picture(), "moonshot/kimi-k2.6", { allowPrivateImageUrls: true });
    expect(asked).toContain(`data:image/png;base64,${btoa("picture")}`);
  });
});
