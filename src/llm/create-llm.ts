import { type Clock, systemClock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { LlmConfig } from "../wire/agent/llm-config.ts";
import { decorate } from "./decorators/decorate.ts";
import type { CompletionLog } from "./decorators/with-completion-log.ts";
import { type LoadImage, withInlineImages } from "./decorators/with-inline-images.ts";
import { type KeyRefresh, withKeyRefresh } from "./decorators/with-key-refresh.ts";
import type { Sleep } from "./decorators/with-retry.ts";
import { withSendablePrompt } from "./decorators/with-sendable-prompt.ts";
import { withSizedImages } from "./decorators/with-sized-images.ts";
import { createDemoLlm, isDemoModel } from "./demo/demo.ts";
import type { Environment } from "./environment.ts";
import { toLlmError } from "./failure/to-llm-error.ts";
import { withAddress } from "./failure/with-address.ts";
import { isClaude } from "./google/vertex-address.ts";
import { sharpSizer } from "./images/size-image.ts";
import type { Llm, LlmReply } from "./llm.ts";
import { LlmError } from "./llm-error.ts";
import { type Model, resolveModel } from "./model.ts";
import type { RouteLimits } from "./openrouter/route-limits.ts";
import { isOpenRouter, type Protocol } from "./protocol.ts";
import { type Fetch, providerFetch } from "./provider-fetch.ts";
import { isProxied, loadProxyModel } from "./proxy-models.ts";
import { REPLY_LIMITS } from "./reply/reply-limits.ts";
import { isSubscribed } from "./subscription/is-subscribed.ts";
import { type Subscription, subscriptionLlm } from "./subscription/subscription-llm.ts";
import { withTextTools } from "./text-tools/with-text-tools.ts";

/** Options of the built-in models. */
export interface LlmOptions {
  /** Variables that hold the keys and addresses which the configuration leaves out. */
  environment: Environment;
  logger: Logger;
  /** Whether the configuration had a key that was not kept. Calls that need it then say so. Default: false. */
  isKeyLost?: boolean;
  /** Source of time and ids. Default: the system's. */
  clock?: Clock;
  /** Sends the requests. Default: the global `fetch`. */
  fetch?: Fetch;
  /** Largest reply in bytes, unpacked. Default: 32 MiB. */
  maxReplyBytes?: number;
  /** Pauses between attempts. Default: a timer. */
  sleep?: Sleep;
  /**
   * Fetches an image as a data URL, for models that accept no other. The caller guards against private addresses.
   * Without it such images are left out of the prompt, with a note in their place.
   */
  loadImage?: LoadImage;
  /** Where models at certain addresses get a new key when theirs is rejected. Default: nowhere. */
  keyRefresh?: KeyRefresh;
  /** Pays for configurations that ask for a subscription. Default: there is none, and these are refused. */
  subscription?: Subscription | undefined;
  /** Knows the context windows of models at OpenRouter. Default: those of the price list count. */
  routeLimits?: Pick<RouteLimits, "windowOf"> | undefined;
  /** Receives every call of a configuration with `log_completions`. */
  onCompletion?: (log: CompletionLog) => void;
}

/**
 * Creates the built-in model that a configuration names. Never throws and connects nothing: a faulty configuration
 * rejects the first `complete` with an `LlmError`, which the conversation then shows.
 */
export function createLlm(config: LlmConfig, options: LlmOptions): Llm {
  const { environment, isKeyLost, clock = systemClock, subscription } = options;
  try {
    if (isDemoModel(config.model)) return createDemoLlm(config, clock);
    if (subscription !== undefined && isSubscribed(config)) {
      return subscriptionLlm(config, subscription, (keyed) => createLlm(keyed, options));
    }
    return build(resolveModel(config, environment, isKeyLost), { ...options, clock });
  } catch (error) {
    return { decorated: true, complete: () => Promise.reject(error) };
  }
}

type BuildOptions = LlmOptions & { clock: Clock };

function build(model: Model, options: BuildOptions): Llm {
  const { config, endpoint, capabilities } = model;
  let llm = withRefreshedKey(model, options);
  if (!config.native_tool_calling) {
    llm = withTextTools(llm, { model: endpoint.model, stop: config.disable_stop_word !== true });
  }
  if (capabilities.vision && capabilities.sizedImages) llm = withSizedImages(llm, sharpSizer(options.logger));
  if (capabilities.vision && capabilities.inlineImages) llm = withInlineImages(llm, options.loadImage);
  return llm;
}

function withRefreshedKey(model: Model, options: BuildOptions): Llm {
  const { config, endpoint } = model;
  const llm = decorated(model, options);
  const { keyRefresh, logger } = options;
  if (keyRefresh === undefined || config.auth_type !== "api_key" || !isListed(model, keyRefresh)) return llm;
  return withKeyRefresh(llm, {
    key: endpoint.apiKey,
    lookUp: () => keyRefresh.lookUp(),
    withKey: (apiKey) => decorated({ ...model, endpoint: { ...endpoint, apiKey } }, options),
    logger,
  });
}

function isListed({ config, endpoint }: Model, { baseUrls }: KeyRefresh): boolean {
  const bare = (url: string) => url.trim().replace(/\/+$/, "");
  const own = [config.base_url ?? endpoint.baseUrl, endpoint.baseUrl].map(bare);
  return baseUrls.some((url) => own.includes(bare(url)));
}

function decorated(model: Model, options: BuildOptions): Llm {
  const { config, endpoint } = model;
  // A model at temperature 0 would give the same empty reply again.
  const warmer = { ...model, config: { ...config, temperature: 1 } };
  const create = (one: Model) => withSendablePrompt(connect(one, options));
  const { fetch = globalThis.fetch, maxReplyBytes = REPLY_LIMITS.bytes, routeLimits } = options;
  const asksWindow = routeLimits !== undefined && config.max_input_tokens === null && isOpenRouter(endpoint);
  const askProxy = () => loadProxyModel(model, providerFetch(fetch, maxReplyBytes));
  return decorate(create(model), config, {
    ...options,
    ...(isProxied(model) && { askProxy }),
    ...(asksWindow && { askWindow: () => routeLimits.windowOf(model) }),
    ...(config.temperature === 0 && { afterNoResponse: create(warmer) }),
  });
}

/** A model without retries and price: its provider's protocol, with latency and named errors. */
function connect(model: Model, options: BuildOptions): Llm {
  const { clock } = options;
  const { endpoint, capabilities } = model;
  let protocol: Promise<Protocol> | undefined;
  return {
    vision: capabilities.vision,
    async complete(request) {
      const started = performance.now();
      try {
        protocol ??= loadProtocol(model, options);
        const reply = await (await protocol)(request);
        return {
          ...reply,
          id: reply.id ?? `resp_${clock.newId()}`,
          model: reply.model ?? endpoint.model,
          contextWindow: 0,
          latency: (performance.now() - started) / 1000,
        } satisfies LlmReply;
      } catch (error) {
        request.signal.throwIfAborted();
        const named = withAddress(toLlmError(error, clock.now()), endpoint);
        throw withoutKeys(named, keysOf(model));
      }
    },
  };
}

function keysOf({ config, endpoint }: Model): string[] {
  const keys = [
    endpoint.apiKey,
    config.aws_access_key_id,
    config.aws_secret_access_key,
    config.aws_session_token,
  ];
  return keys.filter((key) => key !== null && key.length >= 8) as string[];
}

/** Some providers quote the key they refuse. */
function withoutKeys(error: LlmError, keys: readonly string[]): LlmError {
  const message = keys.reduce((text, key) => text.replaceAll(key, "**********"), error.message);
  if (message === error.message) return error;
  const { name, retryable, status, retryAfter } = error;
  return new LlmError(name, message, {
    retryable,
    ...(status !== undefined && { status }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** Loads a protocol with its SDK, which takes a good part of a second. */
async function loadProtocol(model: Model, options: BuildOptions): Promise<Protocol> {
  const { dispatchedFetch } = await import("../outbound/dispatched/dispatched-fetch.ts");
  const { fetch: send = dispatchedFetch(), maxReplyBytes = REPLY_LIMITS.bytes } = options;
  const fetch = providerFetch(send, maxReplyBytes);
  if (model.endpoint.provider.protocol === "anthropic") {
    const { anthropicMessages } = await import("./anthropic-messages/anthropic-messages.ts");
    return anthropicMessages(model, fetch);
  }
  if (model.endpoint.provider.protocol === "vertex") return loadVertex(model, { ...options, fetch });
  if (speaksConverse(model)) {
    const { bedrockConverse } = await import("./bedrock-converse/bedrock-converse.ts");
    const { environment, clock } = options;
    return bedrockConverse(model, { fetch, environment, now: () => clock.now() });
  }
  if (model.capabilities.responsesApi) {
    const { openAiResponses } = await import("./openai-responses/openai-responses.ts");
    return openAiResponses(model, fetch);
  }
  const { openAiChat } = await import("./openai-chat/openai-chat.ts");
  return openAiChat(model, fetch);
}

/** At Vertex AI, tokens of Google take the place of keys. */
async function loadVertex(
  model: Model,
  { fetch, environment }: BuildOptions & { fetch: Fetch },
): Promise<Protocol> {
  const { googleToken, withBearer } = await import("./google/google-token.ts");
  const { apiKey, trusted } = model.endpoint;
  const authorized = withBearer(fetch, googleToken({ apiKey, environment, trusted, fetch }));
  const keyless = { ...model, endpoint: { ...model.endpoint, apiKey: null } };
  if (isClaude(model.endpoint.model)) {
    const { anthropicMessages } = await import("./anthropic-messages/anthropic-messages.ts");
    return anthropicMessages(keyless, authorized);
  }
  const { openAiChat } = await import("./openai-chat/openai-chat.ts");
  return openAiChat(keyless, authorized);
}

/** Bedrock has addresses that are compatible with OpenAI, too. Their paths end as OpenAI's do. */
function speaksConverse({ endpoint }: Model): boolean {
  return endpoint.provider.protocol === "bedrock" && !/\/v1$/.test(endpoint.baseUrl);
}
