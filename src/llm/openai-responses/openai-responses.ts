import type { OpenAI } from "openai";
import type { ToolSchema } from "../llm.ts";
import type { Model } from "../model.ts";
import { openAiClient } from "../openai-client.ts";
import { type Protocol, sessionHeaders } from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import { isEventStream, readEvents, readJson } from "../reply/read-reply.ts";
import { fromResponse, fromResponseEvents } from "./from-response.ts";
import { responseItemsWriter } from "./to-response-items.ts";

/** Speaks OpenAI Responses without storage on the provider's side: each call sends the whole prompt. */
export function openAiResponses(model: Model, fetch: Fetch): Protocol {
  const { config } = model;
  const writePrompt = responseItemsWriter(model.capabilities.vision);
  const fixed = fixedFields(model);
  const getClient = openAiClient(model, fetch);

  return async (request) => {
    const client = await getClient();
    const { instructions, input } = writePrompt(request.messages);
    const rest = {
      ...fixed,
      instructions,
      ...(request.tools.length > 0 ? { tools: request.tools.map(toTool), tool_choice: "auto" } : {}),
      ...(request.conversationId === undefined ? {} : { prompt_cache_key: request.conversationId }),
    };
    const response = await client
      .post("/responses", {
        body: `${JSON.stringify(rest).slice(0, -1)},"input":${input}}`,
        headers: {
          "content-type": "application/json",
          ...sessionHeaders(request.conversationId),
          ...config.extra_headers,
        },
        signal: request.signal,
        stream: config.stream,
      })
      .asResponse();
    if (config.stream && isEventStream(response)) return fromResponseEvents(readEvents(response), request);
    return fromResponse(await readJson(response));
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
  if (config.stream) fields.stream = true;
  return { ...fields, ...config.litellm_extra_body };
}

function toTool({ name, description, parameters }: ToolSchema): OpenAI.Responses.FunctionTool {
  return { type: "function", name, description, parameters, strict: false };
}
