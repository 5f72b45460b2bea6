import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createTestServer,
  type Steps,
  scriptedLlm,
  type TestServer,
  type TestServerOptions,
} from "agent-server/testing";
import OpenAI from "openai";
import type { LlmRequest } from "../../src/llm/llm.ts";
import type { Message } from "../../src/wire/events/message.ts";
import { textOf } from "../../src/wire/events/message.ts";

export const KEY = "the-key";
export const CONVERSATION = "X-OpenHands-ServerConversation-ID";

export interface GatewayBench extends AsyncDisposable {
  server: TestServer;
  client: OpenAI;
  /** Where its conversations work. */
  folder: string;
  /** Requests to the model, oldest first. */
  requests: readonly LlmRequest[];
  /** Posts to the server as a program without an SDK. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** A server on a port with a scripted model and the LLM profile `fast`, and the real client of OpenAI. */
export async function openGateway(
  steps: Steps<LlmRequest>,
  options: Omit<TestServerOptions, "llm"> = {},
): Promise<GatewayBench> {
  const llm = scriptedLlm(steps);
  const folder = await mkdtemp(join(tmpdir(), "agent-server-gateway-"));
  const server = await createTestServer({
    llm,
    apiKeys: [KEY],
    leakCheck: false,
    patience: 20_000,
    gatewayWorkspace: folder,
    ...options,
  });
  const { url } = await server.listen();
  const post: GatewayBench["post"] = (path, body, headers = { Authorization: `Bearer ${KEY}` }) =>
    fetch(url + path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", ...headers },
    });
  await post(
    "/api/profiles/fast",
    { llm: { model: "openai/gpt-4o", api_key: "sk-x" } },
    { "X-Session-API-Key": KEY },
  );
  return {
    server,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0 }),
    requests: llm.requests,
    post,
    folder,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The words of the messages of a role in a prompt. */
export function wordsIn(request: LlmRequest | undefined, role: Message["role"]): string[] {
  return (request?.messages ?? [])
    .filter((message) => message.role === role)
    .map(({ content }) => textOf(content));
}

export function userMessage(content: string) {
  return { role: "user" as const, content };
}
