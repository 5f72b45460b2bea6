import { untilAborted } from "../../waiting.ts";
import { awsCredentials } from "../aws/aws-credentials.ts";
import { awsSignerIn } from "../aws/aws-region.ts";
import { type AwsRequest, signRequest } from "../aws/sign-request.ts";
import type { Environment } from "../environment.ts";
import type { LlmRequest } from "../llm.ts";
import type { Model } from "../model.ts";
import { requestBody } from "../prompt/joined-prompt.ts";
import { mayThink, thinkingFields } from "../prompt/thinking-fields.ts";
import { toolsWriter } from "../prompt/tools-writer.ts";
import { INTERLEAVED_THINKING, type Protocol, sessionHeaders, wantsStream } from "../protocol.ts";
import type { Fetch } from "../provider-fetch.ts";
import { readReply } from "../reply/read-reply.ts";
import { readEventStream } from "./event-stream.ts";
import { failedAnswer } from "./failed-answer.ts";
import { fromConverse, fromConverseEvents } from "./from-converse.ts";
import { conversePromptWriter, toolsSpokenOf, toToolSpec } from "./to-converse.ts";

/** Parts that sign requests. */
export interface ConverseOptions {
  fetch: Fetch;
  environment: Environment;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Extra fields of a request that are Converse's own. The others are the model's. */
const CONVERSE_FIELDS: ReadonlySet<string> = new Set([
  "additionalModelResponseFieldPaths",
  "guardrailConfig",
  "outputConfig",
  "performanceConfig",
  "promptVariables",
  "requestMetadata",
  "serviceTier",
]);

/** The region that the reference signs for where none is named. */
const FALLBACK_REGION = "us-west-2";
/** Most tokens of a reply for a model without a known limit, for the budget of its thinking. */
const MAX_OUTPUT = 16_384;
/** Tokens of the window that are kept free of prompt and reply. */
const WINDOW_MARGIN = 256;
/** Fewest tokens of a reply. */
const MIN_OUTPUT = 1024;
/** Bytes of a prompt for a token, for an estimate. */
const BYTES_PER_TOKEN = 4;

/** Speaks Converse of Amazon Bedrock: with a Bedrock API key, or with requests that AWS credentials sign. */
export function bedrockConverse(model: Model, options: ConverseOptions): Protocol {
  const { config, endpoint, capabilities } = model;
  const writePrompt = conversePromptWriter(capabilities);
  const writeTools = toolsWriter(toToolSpec);
  const send = signingSender(model, options);
  const address = `${endpoint.baseUrl}/model/${encodeURIComponent(endpoint.model)}`;

  return async (request) => {
    const streams = wantsStream(model, request);
    const { system, messages, end } = writePrompt(request.messages);
    const tools = request.tools.length > 0 ? request.tools : toolsSpokenOf(request.messages);
    const fields = requestFields(model, request, textBytes(request, messages.byteLength));
    const toolConfig = tools.length > 0 ? `,"toolConfig":{"tools":${writeTools(tools)}}` : "";
    const systemField = system === undefined ? "" : `,"system":${system}`;
    const head = `${JSON.stringify(fields).slice(0, -1)}${toolConfig}${systemField},"messages":[`;
    const headers = {
      "content-type": "application/json",
      ...sessionHeaders(request.conversationId),
      ...config.extra_headers,
    };
    const url = `${address}/${streams ? "converse-stream" : "converse"}`;
    const body = requestBody(head, messages, `${end}]}`);
    const { response, secrets } = await send({ url, headers, body }, request.signal);
    if (!response.ok) throw await failedAnswer(response, secrets);
    const id = response.headers.get("x-amzn-requestid");
    if (response.body !== null && isEventStream(response)) {
      request.onProgress?.();
      return fromConverseEvents(readEventStream(response.body), request, id);
    }
    const { whole } = await readReply(response);
    return fromConverse(whole, id);
  };
}

/** An answer, and the credentials of its request that it must not show to anyone. */
interface Sent {
  response: Response;
  secrets: readonly string[];
}

type Send = (request: AwsRequest, signal: AbortSignal) => Promise<Sent>;

function signingSender({ config, endpoint }: Model, { fetch, environment, now }: ConverseOptions): Send {
  const { apiKey, region, trusted } = endpoint;
  const post = ({ url, body }: AwsRequest, headers: Record<string, string>, signal: AbortSignal) =>
    fetch(url, { method: "POST", headers, body, signal });
  if (apiKey !== null && awsSignerIn(config) === null) {
    return async (request, signal) => {
      const headers = { ...request.headers, authorization: `Bearer ${apiKey}` };
      return { response: await post(request, headers, signal), secrets: [apiKey] };
    };
  }
  // A signature names a region, also at an address that names none.
  const scope = { region: region ?? FALLBACK_REGION, service: "bedrock" } as const;
  const find = awsCredentials({ config, environment, trusted, fetch, now, region: scope.region });
  return async (request, signal) => {
    const credentials = await untilAborted(find(), signal);
    const headers = await signRequest(request, { ...scope, credentials, now: now() });
    const { accessKeyId, sessionToken } = credentials;
    return {
      response: await post(request, headers, signal),
      secrets: sessionToken ? [accessKeyId, sessionToken] : [accessKeyId],
    };
  };
}

function isEventStream({ headers }: Response): boolean {
  return /amazon\.eventstream/i.test(headers.get("content-type") ?? "");
}

function requestFields(model: Model, request: LlmRequest, bytes: number): Record<string, unknown> {
  const { config, capabilities } = model;
  const limit = outputLimit(model, bytes);
  const isClaude = !capabilities.unsignedThinking;
  const thinks =
    isClaude && (capabilities.thinking === "adaptive" || mayThink(request.messages, capabilities));
  const thinking = thinks ? thinkingFields(config, capabilities, limit ?? MAX_OUTPUT) : {};
  const samples = !thinking.thinking && (capabilities.samplingParameters || !config.drop_params);
  const inferenceConfig = {
    maxTokens: limit,
    ...(samples && { temperature: config.temperature ?? undefined, topP: config.top_p ?? undefined }),
    ...(request.stop && capabilities.stopWords && { stopSequences: request.stop }),
  };
  const extra = Object.entries(config.litellm_extra_body);
  const additional = {
    ...thinking,
    ...(capabilities.thinking === "manual" && { anthropic_beta: Object.values(INTERLEAVED_THINKING) }),
    ...(capabilities.unsignedThinking &&
      capabilities.reasoningEffort &&
      config.reasoning_effort !== null && { reasoning_effort: config.reasoning_effort }),
    ...(samples && config.top_k !== null && { top_k: config.top_k }),
    ...Object.fromEntries(extra.filter(([field]) => !CONVERSE_FIELDS.has(field))),
  };
  return {
    inferenceConfig,
    ...(Object.keys(additional).length > 0 && { additionalModelRequestFields: additional }),
    ...Object.fromEntries(extra.filter(([field]) => CONVERSE_FIELDS.has(field))),
  };
}

/** Prompt and reply share the window here: a long prompt leaves fewer tokens for the reply. */
function outputLimit({ config, capabilities }: Model, bytes: number): number | undefined {
  const { maxOutputTokens: limit } = capabilities;
  const { max_input_tokens: window } = config;
  if (limit === undefined || window === null) return limit;
  const left = window - Math.ceil(bytes / BYTES_PER_TOKEN) - WINDOW_MARGIN;
  return Math.max(MIN_OUTPUT, Math.min(limit, left));
}

/** Bytes of a prompt without its images, whose tokens their data does not tell. */
function textBytes({ messages }: LlmRequest, bytes: number): number {
  const images = messages
    .flatMap(({ content }) => content)
    .flatMap((part) => (part.type === "image" ? part.image_urls : []));
  return images.reduce((left, url) => left - url.length, bytes);
}
