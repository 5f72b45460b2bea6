import type { OpenAI } from "openai";
import type { Model } from "./model.ts";
import { attributionHeaders, NO_CREDENTIALS, NO_KEY, SDK_TIMEOUT } from "./protocol.ts";
import type { Fetch } from "./provider-fetch.ts";

/** Creates the client at the first call: loading the SDK takes a good part of a second. */
export function openAiClient(model: Model, fetch: Fetch): () => Promise<OpenAI> {
  let client: Promise<OpenAI> | undefined;
  return () => {
    client ??= createClient(model, fetch);
    return client;
  };
}

async function createClient({ config, endpoint }: Model, fetch: Fetch): Promise<OpenAI> {
  const { OpenAI, AzureOpenAI } = await import("openai");
  const shared = {
    apiKey: endpoint.apiKey ?? NO_KEY,
    maxRetries: 0,
    timeout: SDK_TIMEOUT,
    logLevel: "off",
    // The SDK would read these from the process.
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    defaultHeaders: {
      ...(endpoint.apiKey === null ? NO_CREDENTIALS : {}),
      ...attributionHeaders(config),
    },
    fetch,
  } as const;
  if (endpoint.provider.protocol !== "azure") return new OpenAI({ ...shared, baseURL: endpoint.baseUrl });
  const { apiKey, adminAPIKey: _, ...rest } = shared;
  // An address with a path is meant with that path.
  const bare = new URL(endpoint.baseUrl).pathname === "/";
  const address = bare ? { endpoint: endpoint.baseUrl, baseURL: null } : { baseURL: endpoint.baseUrl };
  return new AzureOpenAI({ ...rest, ...address, apiKey, apiVersion: endpoint.apiVersion });
}
