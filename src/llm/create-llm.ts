import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { LlmConfig } from "../wire/agent/llm-config.ts";
import { capabilitiesOf, usesResponsesApi } from "./capabilities.ts";
import { type CompletionLog, withCompletionLog } from "./decorators/with-completion-log.ts";
import { withDeadline } from "./decorators/with-deadline.ts";
import { type RetryPolicy, sleep, withRetry } from "./decorators/with-retry.ts";
import { createDemoLlm, isDemoModel } from "./demo/demo.ts";
import { azureApiVersion, type Endpoint, type Environment, toEndpoint } from "./endpoint.ts";
import { withInlineImages } from "./inline-images.ts";
import type { Llm, LlmReply, LlmRequest } from "./llm.ts";
import { LlmError } from "./llm-error.ts";
import { loadModelFacts, type ModelFacts } from "./pricing.ts";
import type { Protocol, ProtocolOptions } from "./protocol.ts";
import { withTextTools } from "./text-tools/with-text-tools.ts";
import { toLlmError } from "./to-llm-error.ts";

export interface LlmOptions {
  /** Where keys and addresses are found that the configuration leaves out. */
  environment: Environment;
  logger: Logger;
  fetch?: typeof globalThis.fetch;
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /**
   * Fetches an image as a data URL, for models that take no other. The caller guards against private addresses.
   * Without it such images are left out of the prompt, with a note in their place.
   */
  loadImage?: (url: string, signal: AbortSignal) => Promise<string>;
  /** Hears of every call of a model with `log_completions`. */
  onCompletion?: (log: CompletionLog) => void;
}

/** The reference's smallest context window that an agent can work in. */
const MIN_CONTEXT_WINDOW = 16_384;

/**
 * The model that a configuration names. Nothing is loaded, connected or refused before the first `complete`: what is
 * wrong with the configuration is then told as the `LlmError` that a conversation shows.
 */
export function createLlm(config: LlmConfig, options: LlmOptions): Llm {
  let llm: Llm | undefined;
  return {
    get vision() {
      return hasVision(config, options.environment);
    },
    async complete(request) {
      llm ??= build(config, options);
      return llm.complete(request);
    },
  };
}

/** What is wrong with a configuration, or undefined. Loads and connects nothing. */
export function checkModel(config: LlmConfig, options: Pick<LlmOptions, "environment">): string | undefined {
  try {
    if (isDemoModel(config.model)) createDemoLlm(config);
    else resolve(config, options.environment);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Undefined for what cannot be resolved; the first call says why. */
function hasVision(config: LlmConfig, environment: Environment): boolean | undefined {
  if (isDemoModel(config.model)) return undefined;
  try {
    return capabilitiesOf(config, toEndpoint(config, environment)).vision;
  } catch {
    return undefined;
  }
}

function resolve(config: LlmConfig, environment: Environment): Endpoint {
  const endpoint = toEndpoint(config, environment);
  const { max_input_tokens: window } = config;
  const allowed = ["true", "1", "yes"].includes(environment.ALLOW_SHORT_CONTEXT_WINDOWS?.toLowerCase() ?? "");
  if (window !== null && window < MIN_CONTEXT_WINDOW && !allowed) {
    throw new LlmError(
      "LLMContextWindowTooSmallError",
      `max_input_tokens: ${window} is too small for an agent, at least ${MIN_CONTEXT_WINDOW} are needed ` +
        "(ALLOW_SHORT_CONTEXT_WINDOWS=true lifts this)",
    );
  }
  return endpoint;
}

function build(config: LlmConfig, options: LlmOptions): Llm {
  if (isDemoModel(config.model)) return createDemoLlm(config);
  const endpoint = resolve(config, options.environment);
  const capabilities = capabilitiesOf(config, endpoint);

  const single = connect(config, endpoint, options);
  let llm = withRetry(single, retryPolicy(config), {
    sleep: options.sleep ?? sleep,
    logger: options.logger,
    // A model at temperature 0 would give the same nothing again.
    afterNoResponse:
      config.temperature === 0 ? connect({ ...config, temperature: 1 }, endpoint, options) : single,
  });
  if (config.log_completions && options.onCompletion)
    llm = withCompletionLog(llm, config, options.onCompletion);
  if (!config.native_tool_calling) {
    llm = withTextTools(llm, { model: endpoint.model, stop: config.disable_stop_word !== true });
  }
  if (capabilities.vision && capabilities.inlineImages) llm = withInlineImages(llm, options.loadImage);
  return llm;
}

function retryPolicy(config: LlmConfig): RetryPolicy {
  return {
    attempts: config.num_retries,
    multiplier: config.retry_multiplier,
    minWait: config.retry_min_wait,
    maxWait: config.retry_max_wait,
  };
}

/** One call without second tries, with its price, its latency and its errors by name. */
function connect(config: LlmConfig, endpoint: Endpoint, options: LlmOptions): Llm {
  const protocol = lazyProtocol(config, endpoint, options);
  let facts: Promise<ModelFacts> | undefined;
  return {
    async complete(request) {
      // Loaded while the model writes.
      facts ??= loadModelFacts(config, endpoint);
      const started = performance.now();
      const reply = await call(protocol, request, { config, endpoint });
      const { costOf, contextWindow } = await facts;
      const { message, usage } = reply;
      return {
        message,
        usage,
        id: reply.id ?? `resp_${crypto.randomUUID()}`,
        model: reply.model ?? endpoint.model,
        cost: reply.cost ?? (usage === null ? 0 : costOf(usage)),
        contextWindow,
        latency: (performance.now() - started) / 1000,
      } satisfies LlmReply;
    },
  };
}

async function call(
  protocol: Protocol,
  request: LlmRequest,
  { config, endpoint }: { config: LlmConfig; endpoint: Endpoint },
) {
  const { signal } = request;
  try {
    return await withDeadline({ signal, seconds: config.timeout }, (bounded, alive) =>
      protocol({ ...request, signal: bounded }, alive),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw withoutKey(toLlmError(error), endpoint.apiKey);
  }
}

/** Some providers quote the key they refuse. */
function withoutKey(error: LlmError, key: string): LlmError {
  if (key.length < 8 || !error.message.includes(key)) return error;
  const { name, retryable, status, retryAfter } = error;
  return new LlmError(name, error.message.replaceAll(key, "**********"), {
    retryable,
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

function lazyProtocol(config: LlmConfig, endpoint: Endpoint, options: LlmOptions): Protocol {
  let protocol: Promise<Protocol> | undefined;
  return async (request, alive) => {
    protocol ??= loadProtocol(config, endpoint, options);
    return (await protocol)(request, alive);
  };
}

async function loadProtocol(config: LlmConfig, endpoint: Endpoint, options: LlmOptions): Promise<Protocol> {
  const protocolOptions: ProtocolOptions = {
    config,
    endpoint,
    azureApiVersion: azureApiVersion(config, options.environment),
    ...(options.fetch && { fetch: options.fetch }),
  };
  if (endpoint.provider.protocol === "anthropic") {
    const { anthropicMessages } = await import("./anthropic-messages/anthropic-messages.ts");
    return anthropicMessages(protocolOptions);
  }
  if (usesResponsesApi(config, endpoint, capabilitiesOf(config, endpoint))) {
    const { openAiResponses } = await import("./openai-responses/openai-responses.ts");
    return openAiResponses(protocolOptions);
  }
  const { openAiChat } = await import("./openai-chat/openai-chat.ts");
  return openAiChat(protocolOptions);
}
