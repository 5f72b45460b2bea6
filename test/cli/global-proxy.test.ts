import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { temporaryDirectory } from "../workspace/open-local.ts";
import { spawnServer } from "./spawn-server.ts";

/** A server that refuses everything, and notes what it was asked for. */
async function refusing(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(incoming.url ?? "");
    outgoing.writeHead(401).end("{}");
  });
  server.on("connect", (incoming, client) => {
    asked.push(incoming.url ?? "");
    client.on("error", () => {});
    client.end("HTTP/1.1 403 No\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

it("asks models through the proxy of the environment, and models of this machine without it", async () => {
  const [proxy, local] = [await refusing(), await refusing()];
  const cwd = await temporaryDirectory();
  const environment = { HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url };
  const server = await spawnServer({ cwd, environment });
  onTestFinished(async () => void (await server.stop()));
  for (const base_url of ["http://models.invalid/v1", `${local.url}/v1`]) {
    const llm = { model: "openai/any", api_key: "key-of-a-test", base_url, num_retries: 1, timeout: 10 };
    const body = {
      agent: { kind: "Agent", llm, tools: [] },
      workspace: { working_dir: cwd },
      autotitle: false,
      initial_message: { role: "user", content: [{ type: "text", text: "Hello" }], run: true },
    };
    const answer = await fetch(`${server.url}/api/conversations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
  }
  await expect.poll(() => proxy.asked.length).toBeGreaterThan(0);
  await expect.poll(() => local.asked.length).toBeGreaterThan(0);
  expect(proxy.asked.every((target) => target.includes("models.invalid"))).toBe(true);
  expect(local.asked[0]).toBe("/v1/chat/completions");
}, 60_000);

it("says which proxy of the environment it cannot use", async () => {
  const cwd = await temporaryDirectory();
  const server = await spawnServer({ cwd, environment: { ALL_PROXY: "socks5://127.0.0.1:1" } });
  onTestFinished(async () => void (await server.stop()));
  await expect
    .poll(() => server.stdout() + server.stderr())
    .toMatch(/ALL_PROXY[\s\S]*must speak|must speak[\s\S]*ALL_PROXY/);
}, 60_000);
