import type { OpenAI } from "openai";
import type { ToolSchema } from "../llm.ts";
import type { Model } from "../model.ts";
import { openAiClient } from "../openai-client.ts";
import { requestBody } from "../prompt/joined-prompt.ts";
import { toolsWriter } from "../prompt/tools-writer.ts";
import { cacheFields, type Protocol, sessionHeaders, wantsStream } from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import { readReply } from "../reply/read-reply.ts";
import { costHeader } from "../reply/reported-cost.ts";
import { fromResponse, fromResponseEvents } from "./from-response.ts";
import { responseItemsWriter } from "./to-response-items.ts";

/** Speaks OpenAI Responses without storage on the provider's side: each call sends the whole prompt. */
export function openAiResponses(model: Model, fetch: Fetch): Protocol {
  const { config } = model;
  const writePrompt = responseItemsWriter(model.capabilities.vision);
  const fixed = fixedFields(model);
  const getClient = openAiClient(model, fetch);
  const writeTools = toolsWriter(toTool);

  return async (request) => {
    const client = await getClient();
    const streams = wantsStream(model, request);
    const { instructions, input } = writePrompt(request.messages);
    const hasTools = request.tools.length > 0;
    const rest = {
      ...fixed,
      instructions,
      ...(hasTools ? { tool_choice: "auto" } : {}),
      ...(streams ? { stream: true } : {}),
      ...cacheFields(model, request),
      ...config.litellm_extra_body,
    };
    const tools = hasTools ? `,"tools":${writeTools(request.tools)}` : "";
    const response = await client
      .post("/responses", {
        body: requestBody(`${JSON.stringify(rest).slice(0, -1)}${tools},"input":[`, input, "]}"),
        headers: {
          "content-type": "application/json",
          ...sessionHeaders(request.conversationId),
          ...config.extra_headers,
        },
        signal: request.signal,
        stream: streams,
      })
      .asResponse();
    const cost = costHeader(response.headers);
    if (streams) request.onProgress?.();
    const { events, whole } = await readReply(response);
    return events ? fromResponseEvents(events, request, cost) : fromResponse(whole, cost);
  };
}

function fixedFields({ config, endpoint, capabilities }: Model): Record<string, unknown> {
  const fields: Record<string, unknown> = { model: endpoint.model, store: false };
  if (capabilities.maxOutputTokens !== undefined) fields.max_output_tokens = capabilities.maxOutputTokens;
  if (capabilities.samplingParameters || !config.drop_params) {
    fields.temperature = config.temperature ?? undefined;
    fields.top_p = config.top_p ?? undefined;
  }
  if (capabilities.reasoningEffort) {
    if (config.enable_encrypted_reasoning) fields.include = ["reasoning.encrypted_content"];
    if (config.reasoning_effort !== null) {
      fields.reasoning = { effort: config.reasoning_effort, summary: config.reasoning_summary ?? undefined };
    }
  }
  if (capabilities.promptCacheRetention && config.prompt_cache_retention !== null) {
    fields.prompt_cache_retention = config.prompt_cache_retention;
  }
  return fields;
}

function toTool({ name, description, parameters }: ToolSchema): OpenAI.Responses.FunctionTool {
  return { type: "function", name, description, parameters, strict: false };
}
