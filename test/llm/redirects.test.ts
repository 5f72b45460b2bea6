import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { model } from "./recorded-provider.ts";

async function serve(answer: (path: string) => { status: number; location?: string }) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    const { status, location } = answer(request.url ?? "");
    response.writeHead(status, location === undefined ? {} : { location }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

it.each([
  ["openai/gpt-4o", false],
  ["openai/gpt-4o", true],
  ["openai/gpt-5.5", false],
  ["anthropic/claude-opus-4-8", true],
  ["azure/mine", false],
])("key and prompt of %s (stream: %s) do not follow a redirect", async (name, stream) => {
  const thief = await serve(() => ({ status: 200 }));
  const provider = await serve((path) => ({ status: 307, location: thief.origin + path }));
  const { ask, waits } = model({ model: name, base_url: `${provider.origin}/v1`, stream, num_retries: 3 });
  const asked = ask();
  await expect(asked).rejects.toMatchObject({ name: "LLMBadRequestError", status: 307, retryable: false });
  await expect(asked).rejects.toThrow(`answered 307, a redirect to ${thief.origin}/`);
  await expect(asked).rejects.toThrow("Set base_url to the final address.");
  expect(provider.requests).toHaveLength(1);
  expect(waits).toEqual([]);
  expect(thief.requests).toEqual([]);
});
