import type { OpenAI } from "openai";
import { asObject } from "../../is-object.ts";
import type { LlmRequest, ToolSchema } from "../llm.ts";
import type { Model } from "../model.ts";
import { openAiClient } from "../openai-client.ts";
import { requestBody } from "../prompt/joined-prompt.ts";
import { toolsWriter } from "../prompt/tools-writer.ts";
import {
  cacheFields,
  INTERLEAVED_THINKING,
  type Protocol,
  type ProtocolReply,
  sessionHeaders,
  wantsStream,
} from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import type { OptionalField } from "../providers.ts";
import { readReply } from "../reply/read-reply.ts";
import { costHeader } from "../reply/reported-cost.ts";
import { fromChunks, fromCompletion } from "./from-chat-reply.ts";
import { toMistralCallId } from "./mistral-call-id.ts";
import { type ChatDialect, chatMessageWriter } from "./to-chat-messages.ts";

/** Words by which a server refuses tool calls because they lack the reasoning that led to them. */
const DEMANDS_REASONING = /reasoning_content\W.*(missing|passed back|required)|missing\W+reasoning_content/is;

/** Providers that check the signatures of Gemini's calls. */
const GOOGLE: ReadonlySet<string> = new Set(["gemini", "vertex_ai"]);

/** Words by which Gemini refuses cache marks in a prompt that is too short for them. */
const TOO_SHORT_TO_CACHE = /minimum token count to start caching/i;

/** Speaks OpenAI Chat Completions, with OpenAI and all compatible servers. */
export function openAiChat(model: Model, fetch: Fetch): Protocol {
  const { config, endpoint, capabilities } = model;
  const createWriter = (changes: Partial<ChatDialect> = {}) =>
    chatMessageWriter({ ...dialectOf(model), ...changes });
  let sendsReasoning = capabilities.reasoningContent;
  let writeMessages = createWriter();
  const fixed = fixedFields(model);
  const getClient = openAiClient(model, fetch);
  const writeTools = toolsWriter(toTool);
  const betas = fixed.thinking ? INTERLEAVED_THINKING : {};

  async function complete(request: LlmRequest, write: typeof writeMessages): Promise<ProtocolReply> {
    const client = await getClient();
    const streams = wantsStream(model, request);
    const rest = {
      ...fixed,
      ...(streams ? streamFields(model) : {}),
      ...(request.stop && capabilities.stopWords ? { stop: [...request.stop] } : {}),
      ...cacheFields(model, request),
      ...config.litellm_extra_body,
    };
    const tools = request.tools.length > 0 ? `,"tools":${writeTools(request.tools)}` : "";
    const head = `${JSON.stringify(rest).slice(0, -1)}${tools},"messages":[`;
    const body = requestBody(head, write(request.messages), "]}");
    const headers = { ...betas, ...sessionHeaders(request.conversationId), ...config.extra_headers };
    const response = await client
      .post("/chat/completions", {
        // Azure's client finds the deployment in the body, so it must be able to read it.
        body: endpoint.provider.protocol === "azure" ? JSON.parse(body.toString()) : body,
        headers: { "content-type": "application/json", ...headers },
        signal: request.signal,
        stream: streams,
      })
      .asResponse();
    const cost = costHeader(response.headers);
    if (streams) request.onProgress?.();
    const { events, whole } = await readReply(response);
    return events ? fromChunks(events, request, cost) : fromCompletion(whole, cost);
  }

  return async (request) => {
    try {
      return await complete(request, writeMessages);
    } catch (error) {
      if (capabilities.promptCacheMarkers && isRefusal(error, TOO_SHORT_TO_CACHE)) {
        const unmarked = { ...capabilities, promptCacheMarkers: false };
        return complete(request, createWriter({ capabilities: unmarked, reasoningContent: sendsReasoning }));
      }
      if (sendsReasoning || !isRefusal(error, DEMANDS_REASONING)) throw error;
      sendsReasoning = true;
      writeMessages = createWriter({ reasoningContent: true });
      return complete(request, writeMessages);
    }
  };
}

function dialectOf({ config, endpoint, capabilities }: Model): ChatDialect {
  const isProxy = endpoint.name === "litellm_proxy" || endpoint.name === "openhands";
  return {
    capabilities,
    reasoningContent: capabilities.reasoningContent,
    plainText: config.force_string_serializer !== false,
    thinkingBlocks: isProxy && capabilities.thinking !== "none",
    signedCalls: GOOGLE.has(endpoint.name) && /gemini-([3-9]|\d\d)/.test(endpoint.model),
    marksParts: endpoint.name === "openrouter",
    callId: endpoint.name === "mistral" ? toMistralCallId : (id) => id,
  };
}

/** Whether a server refuses a request in words of this sort. */
function isRefusal(error: unknown, words: RegExp): boolean {
  const { status, message, error: body } = asObject(error);
  return status === 400 && words.test(`${message} ${JSON.stringify(body)}`);
}

/** Fields that are the same in every request of a model. */
function fixedFields(model: Model): Record<string, unknown> {
  const { config, endpoint, capabilities } = model;
  const { provider } = endpoint;
  const { maxOutputTokens: limit } = capabilities;
  const fields: Record<string, unknown> = { model: endpoint.model };

  if (limit !== undefined) fields[provider.maxTokensField] = limit;
  if (capabilities.samplingParameters || !config.drop_params) {
    fields.temperature = config.temperature ?? undefined;
    fields.top_p = config.top_p ?? undefined;
    if (takes("top_k", model)) fields.top_k = config.top_k ?? undefined;
  }
  const takesBudget = endpoint.name !== "openrouter";
  if (takesBudget && capabilities.thinking === "manual" && limit && config.extended_thinking_budget) {
    fields.thinking = {
      type: "enabled",
      budget_tokens: Math.min(config.extended_thinking_budget, limit - 1),
    };
  } else if (capabilities.reasoningEffort && takes("reasoning_effort", model)) {
    fields.reasoning_effort = config.reasoning_effort ?? undefined;
  }
  if (takes("seed", model)) fields.seed = config.seed ?? undefined;
  if (capabilities.promptCacheRetention && takes("prompt_cache_retention", model)) {
    fields.prompt_cache_retention = config.prompt_cache_retention ?? undefined;
  }
  // Else it counts tokens in another way, and does not state the price.
  if (endpoint.name === "openrouter") fields.usage = { include: true };
  return fields;
}

function streamFields(model: Model): Record<string, unknown> {
  return { stream: true, ...(takes("stream_options", model) && { stream_options: { include_usage: true } }) };
}

function takes(field: OptionalField, { config, endpoint }: Model): boolean {
  return !config.drop_params || endpoint.provider.accepts.has(field);
}

function toTool(tool: ToolSchema): OpenAI.ChatCompletionTool {
  return { type: "function", function: { ...tool } };
}
