import type { OpenAI } from "openai";
import type { LlmConfig } from "../wire/agent/llm-config.ts";
import type { Endpoint } from "./endpoint.ts";
import { type ProtocolOptions, SDK_TIMEOUT } from "./protocol.ts";

/** Makes the client when it is first wanted: loading the SDK takes a good part of a second. */
export function openAiClient(options: ProtocolOptions): () => Promise<OpenAI> {
  let client: Promise<OpenAI> | undefined;
  return () => {
    client ??= createClient(options);
    return client;
  };
}

async function createClient({ config, endpoint, azureApiVersion, fetch }: ProtocolOptions): Promise<OpenAI> {
  const { OpenAI, AzureOpenAI } = await import("openai");
  const shared = {
    apiKey: endpoint.apiKey,
    maxRetries: 0,
    timeout: SDK_TIMEOUT,
    logLevel: "off",
    // The SDK would read these of the process.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    defaultHeaders: attributionHeaders(config, endpoint),
    ...(fetch ? { fetch } : {}),
  } as const;
  if (endpoint.provider.protocol !== "azure") return new OpenAI({ ...shared, baseURL: endpoint.baseUrl });
  const { apiKey, adminAPIKey: _, ...rest } = shared;
  // Whoever pastes an address with a path means that path.
  const bare = new URL(endpoint.baseUrl).pathname === "/";
  const address = bare ? { endpoint: endpoint.baseUrl, baseURL: null } : { baseURL: endpoint.baseUrl };
  return new AzureOpenAI({ ...rest, ...address, apiKey, apiVersion: azureApiVersion });
}

/** OpenRouter lists applications by these. Nobody else is told. */
function attributionHeaders(config: LlmConfig, endpoint: Endpoint): Record<string, string> {
  if (endpoint.name !== "openrouter") return {};
  return { "HTTP-Referer": config.openrouter_site_url, "X-Title": config.openrouter_app_name };
}
