import type { Anthropic } from "@anthropic-ai/sdk";
import type { Endpoint } from "../endpoint.ts";
import type { ToolSchema } from "../llm.ts";
import type { Model } from "../model.ts";
import { requestBody } from "../prompt/joined-prompt.ts";
import { mayThink, thinkingFields } from "../prompt/thinking-fields.ts";
import { toolsWriter } from "../prompt/tools-writer.ts";
import {
  attributionHeaders,
  INTERLEAVED_THINKING,
  NO_CREDENTIALS,
  NO_KEY,
  type Protocol,
  SDK_TIMEOUT,
  sessionHeaders,
  wantsStream,
} from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import { readReply } from "../reply/read-reply.ts";
import { fromMessage, fromMessageEvents } from "./from-anthropic-reply.ts";
import { anthropicPromptWriter } from "./to-anthropic-messages.ts";

/** Most tokens of a reply for a model without a known limit. Anthropic requires a figure. */
const DEFAULT_MAX_TOKENS = 16_384;

/** Version of the API at Vertex AI. */
const VERTEX_VERSION = "vertex-2023-10-16";

/** Speaks Anthropic Messages, also as Vertex AI serves them. */
export function anthropicMessages(model: Model, fetch: Fetch): Protocol {
  const { config, endpoint, capabilities } = model;
  const writePrompt = anthropicPromptWriter(capabilities);
  const fixed = fixedFields(model);
  const hasty = capabilities.thinking === "adaptive" ? fixed : { ...fixed, thinking: undefined };
  const writeTools = toolsWriter(toTool);
  const betas = capabilities.thinking === "manual" ? INTERLEAVED_THINKING : {};
  let client: Promise<Anthropic> | undefined;

  return async (request) => {
    client ??= createClient(model, fetch);
    const streams = wantsStream(model, request);
    const { system, messages, end } = writePrompt(request.messages);
    const rest = {
      ...(mayThink(request.messages, capabilities) ? fixed : hasty),
      ...(request.stop && capabilities.stopWords ? { stop_sequences: [...request.stop] } : {}),
      ...(streams ? { stream: true } : {}),
      ...config.litellm_extra_body,
    };
    const tools = request.tools.length > 0 ? `,"tools":${writeTools(request.tools)}` : "";
    const systemField = system === undefined ? "" : `,"system":${system}`;
    const head = `${JSON.stringify(rest).slice(0, -1)}${tools}${systemField},"messages":[`;
    // `messages.create` would print advice about models on the console.
    const response = await (await client)
      .post(pathOf(endpoint, streams), {
        body: requestBody(head, messages, `${end}]}`),
        headers: {
          "content-type": "application/json",
          ...betas,
          ...sessionHeaders(request.conversationId),
          ...config.extra_headers,
        },
        signal: request.signal,
        stream: streams,
      })
      .asResponse();
    if (streams) request.onProgress?.();
    const { events, whole } = await readReply(response);
    return events ? fromMessageEvents(events, request) : fromMessage(whole);
  };
}

async function createClient({ config, endpoint }: Model, fetch: Fetch): Promise<Anthropic> {
  const { Anthropic } = await import("@anthropic-ai/sdk");
  return new Anthropic({
    apiKey: endpoint.apiKey ?? NO_KEY,
    baseURL: endpoint.baseUrl,
    maxRetries: 0,
    timeout: SDK_TIMEOUT,
    logLevel: "off",
    openTelemetry: false,
    webhookKey: null,
    defaultHeaders: { ...credentialHeaders(endpoint), ...attributionHeaders(config) },
    fetch,
  });
}

/** The SDK sends the key as a bearer token; compatible gateways expect the older header. */
function credentialHeaders({ apiKey, official }: Endpoint): Record<string, string | null> {
  if (apiKey === null) return NO_CREDENTIALS;
  return official ? {} : { "x-api-key": apiKey };
}

/** Vertex AI names the model and the form of the answer in the path. */
function pathOf(endpoint: Endpoint, streams: boolean): string {
  if (!isVertex(endpoint)) return "/v1/messages";
  return `/models/${endpoint.model}:${streams ? "streamRawPredict" : "rawPredict"}`;
}

function isVertex({ provider }: Endpoint): boolean {
  return provider.protocol === "vertex";
}

function fixedFields({ config, endpoint, capabilities }: Model): Record<string, unknown> {
  const limit = capabilities.maxOutputTokens ?? DEFAULT_MAX_TOKENS;
  const named = isVertex(endpoint) ? { anthropic_version: VERTEX_VERSION } : { model: endpoint.model };
  const fields: Record<string, unknown> = { ...named, max_tokens: limit };
  Object.assign(fields, thinkingFields(config, capabilities, limit));
  if (!fields.thinking && (capabilities.samplingParameters || !config.drop_params)) {
    fields.temperature = config.temperature ?? undefined;
    fields.top_p = config.top_p ?? undefined;
    fields.top_k = config.top_k ?? undefined;
  }
  return fields;
}

function toTool({ name, description, parameters }: ToolSchema): Anthropic.Tool {
  return { name, description, input_schema: parameters as Anthropic.Tool.InputSchema };
}
