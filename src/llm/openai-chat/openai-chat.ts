import type { OpenAI } from "openai";
import { asObject } from "../../is-object.ts";
import type { LlmRequest, ToolSchema } from "../llm.ts";
import type { Model } from "../model.ts";
import { openAiClient } from "../openai-client.ts";
import { INTERLEAVED_THINKING, type Protocol, sessionHeaders } from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import type { OptionalField } from "../providers.ts";
import { isEventStream, readEvents, readJson } from "../reply/read-reply.ts";
import { fromChunks, fromCompletion } from "./from-chat-reply.ts";
import { chatMessageWriter } from "./to-chat-messages.ts";

const DEMANDS_REASONING = /reasoning_content\W.*(missing|passed back|required)|missing\W+reasoning_content/is;

/** Speaks OpenAI Chat Completions, with OpenAI and all compatible servers. */
export function openAiChat(model: Model, fetch: Fetch): Protocol {
  const { config, endpoint, capabilities } = model;
  const isProxy = endpoint.name === "litellm_proxy" || endpoint.name === "openhands";
  const createWriter = (reasoningContent: boolean) =>
    chatMessageWriter({
      capabilities,
      reasoningContent,
      plainText: config.force_string_serializer !== false,
      thinkingBlocks: isProxy && capabilities.thinking !== "none",
    });
  let sendsReasoning = capabilities.reasoningContent;
  let writeMessages = createWriter(sendsReasoning);
  const fixed = fixedFields(model);
  const getClient = openAiClient(model, fetch);
  const toTools = toolsConverter();
  const betas = fixed.thinking ? INTERLEAVED_THINKING : {};

  const complete: Protocol = async (request) => {
    const client = await getClient();
    const rest = {
      ...fixed,
      ...(request.tools.length > 0 ? { tools: toTools(request.tools) } : {}),
      ...(request.stop && capabilities.stopWords ? { stop: [...request.stop] } : {}),
      ...cacheKey(request, model),
    };
    const json = `${JSON.stringify(rest).slice(0, -1)},"messages":${writeMessages(request.messages)}}`;
    const headers = { ...betas, ...sessionHeaders(request.conversationId), ...config.extra_headers };
    const response = await client
      .post("/chat/completions", {
        // Azure's client finds the deployment in the body, so it must be able to read it.
        body: endpoint.provider.protocol === "azure" ? JSON.parse(json) : json,
        headers: { "content-type": "application/json", ...headers },
        signal: request.signal,
        stream: config.stream,
      })
      .asResponse();
    const cost = costHeader(response.headers);
    if (config.stream && isEventStream(response)) return fromChunks(readEvents(response), request, cost);
    return fromCompletion(await readJson(response), cost);
  };

  return async (request) => {
    try {
      return await complete(request);
    } catch (error) {
      if (sendsReasoning || !demandsReasoning(error)) throw error;
      sendsReasoning = true;
      writeMessages = createWriter(sendsReasoning);
      return complete(request);
    }
  };
}

/** Whether a server refuses tool calls because they lack the reasoning that led to them. */
function demandsReasoning(error: unknown): boolean {
  const { status, message, error: body } = asObject(error);
  if (status !== 400) return false;
  return DEMANDS_REASONING.test(`${message} ${JSON.stringify(body)}`);
}

/** Fields that are the same in every request of a model. */
function fixedFields({ config, endpoint, capabilities }: Model): Record<string, unknown> {
  const { provider } = endpoint;
  const { maxOutputTokens: limit } = capabilities;
  const takes = (field: OptionalField) => !config.drop_params || provider.accepts.has(field);
  const fields: Record<string, unknown> = { model: endpoint.model };

  if (limit !== undefined) fields[provider.maxTokensField] = limit;
  if (capabilities.samplingParameters || !config.drop_params) {
    fields.temperature = config.temperature ?? undefined;
    fields.top_p = config.top_p ?? undefined;
    if (takes("top_k")) fields.top_k = config.top_k ?? undefined;
  }
  if (capabilities.thinking === "manual" && limit !== undefined && config.extended_thinking_budget) {
    fields.thinking = {
      type: "enabled",
      budget_tokens: Math.min(config.extended_thinking_budget, limit - 1),
    };
  } else if (capabilities.reasoningEffort && takes("reasoning_effort")) {
    fields.reasoning_effort = config.reasoning_effort ?? undefined;
  }
  if (takes("seed")) fields.seed = config.seed ?? undefined;
  if (capabilities.promptCacheRetention && takes("prompt_cache_retention")) {
    fields.prompt_cache_retention = config.prompt_cache_retention ?? undefined;
  }
  if (config.stream) {
    fields.stream = true;
    if (takes("stream_options")) fields.stream_options = { include_usage: true };
  }
  return { ...fields, ...config.litellm_extra_body };
}

function cacheKey(request: LlmRequest, { config, endpoint }: Model): { prompt_cache_key?: string } {
  const isTaken = !config.drop_params || endpoint.provider.accepts.has("prompt_cache_key");
  return isTaken && request.conversationId !== undefined ? { prompt_cache_key: request.conversationId } : {};
}

/** Converts each list of tools once: a conversation keeps the same list for its whole life. */
function toolsConverter(): (tools: readonly ToolSchema[]) => OpenAI.ChatCompletionTool[] {
  const converted = new WeakMap<readonly ToolSchema[], OpenAI.ChatCompletionTool[]>();
  return (tools) => {
    const result = converted.get(tools) ?? tools.map((tool) => ({ type: "function", function: { ...tool } }));
    converted.set(tools, result);
    return result;
  };
}

/** The cost that a LiteLLM proxy states, in US dollars; null without one. */
function costHeader(headers: Headers): number | null {
  const value =
    headers.get("llm_provider-x-litellm-response-cost") ?? headers.get("x-litellm-response-cost") ?? "";
  const cost = Number.parseFloat(value);
  return cost >= 0 ? cost : null;
}
