import type { CreateLlm } from "../conversations/live/conversation-context.ts";
import { type FindConnection, linkedConnection, linkedLlm } from "../llm/connection/linked-llm.ts";
import { createLlm } from "../llm/create-llm.ts";
import { decorate } from "../llm/decorators/decorate.ts";
import type { KeyRefresh } from "../llm/decorators/with-key-refresh.ts";
import { RouteLimits } from "../llm/openrouter/route-limits.ts";
import type { Fetch } from "../llm/provider-fetch.ts";
import { savedLlm } from "../llm/routing/saved-llm.ts";
import { withFallbacks } from "../llm/routing/with-fallbacks.ts";
import type { Subscription } from "../llm/subscription/subscription-llm.ts";
import type { Logger } from "../logger.ts";
import type { Observers } from "../observing/observers.ts";
import { once } from "../once.ts";
import { isPublicAddress } from "../outbound/addresses.ts";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import { loadImage } from "../outbound/load-image.ts";
import { type LookupOptions, lookUpSecret } from "../secrets/lookup-secret.ts";
import { secretsIn } from "../secrets/secret-fields.ts";
import type { ServerSecrets } from "../secrets/server-secrets.ts";
import type { ProviderConnections } from "../settings/connections/provider-connections.ts";
import type { ChatGptSubscription } from "../settings/subscription/chatgpt-subscription.ts";
import { type LlmConfig, parseLlmConfig } from "../wire/agent/llm-config.ts";
import type { ResolvedOptions } from "./options/resolved-options.ts";
import { watchedFetch } from "./telemetry/watched-fetch.ts";

/** The services that models need. */
export interface LlmServices {
  /** Learns the keys of all models. */
  serverSecrets: ServerSecrets;
  /** How keys are looked up. */
  lookup: LookupOptions;
  /** Keys and addresses that several models share. */
  connections(): Promise<Pick<ProviderConnections, "find">>;
  /** The model of an LLM profile. Rejects for an unknown name. */
  savedModel(name: string): Promise<LlmConfig>;
  /** The sign-in of the server's user. */
  subscription(): Promise<ChatGptSubscription>;
  /** Watch the requests to providers. */
  observers: Observers;
}

/** Builds the factory of models: the host's own where it has one, else the built-in ones. */
export function llmFactory(options: ResolvedOptions, services: LlmServices): CreateLlm {
  const { createLlm: custom, environment, logger, clock, allowPrivateImageUrls, maxReplyBytes } = options;
  const fetchImage = createGuardedFetch(
    async (address) => allowPrivateImageUrls || isPublicAddress(address),
    options.companyProxy,
  );
  const routeLimits = new RouteLimits({
    fetch: createGuardedFetch(isPublicAddress, options.companyProxy),
    ...{ clock, logger },
  });
  const keyRefresh = keyRefreshOf(options, services);
  const { observers } = services;
  const find: FindConnection = async (id) => (await services.connections()).find(id);
  const connect: CreateLlm = (config, use) => {
    for (const key of secretsIn(config)) services.serverSecrets.remember(key);
    return createLlm(config, {
      ...use,
      environment,
      logger,
      clock,
      routeLimits,
      ...(observers.watches("outgoing") && { fetch: watchedFetch(providerFetch(), "model", observers) }),
      subscription: subscriptionOf(services),
      ...(keyRefresh && { keyRefresh }),
      ...(maxReplyBytes !== undefined && { maxReplyBytes }),
      loadImage: (url, signal) => loadImage(url, signal, fetchImage),
    });
  };
  const builtIn = linked(connect, find);
  const choose: CreateLlm = (config, use) => {
    for (const key of secretsIn(config)) services.serverSecrets.remember(key);
    const { onCompletion } = use;
    const llm = custom?.(config, (input) => builtIn(parseLlmConfig(input), use));
    return llm === undefined ? connect(config, use) : decorate(llm, config, { logger, clock, onCompletion });
  };
  return withSavedFallbacks(linked(choose, find), services, logger);
}

/** Loaded with the first request, as everything that only models need. One for each model, which has its server. */
function providerFetch(): () => Promise<Fetch> {
  return once(async () => {
    const { dispatchedFetch } = await import("../outbound/dispatched/dispatched-fetch.ts");
    return dispatchedFetch();
  });
}

/** Gives models the fallbacks that they name. These have none themselves, and stream where the first one does. */
function withSavedFallbacks(create: CreateLlm, { savedModel }: LlmServices, logger: Logger): CreateLlm {
  return (config, use) => {
    const { fallback_strategy: strategy, ...alone } = config;
    const llm = create(alone, use);
    if (!strategy) return llm;
    const ask = ({ fallback_strategy: _, ...saved }: LlmConfig) =>
      create({ ...saved, stream: config.stream }, { ...use, isKeyLost: false });
    const fallbacks = strategy.fallback_llms.map((name) => savedLlm(() => savedModel(name), ask));
    return withFallbacks(llm, fallbacks, logger);
  };
}

/** Gives models that refer to a provider connection its key and address. */
function linked(create: CreateLlm, find: FindConnection): CreateLlm {
  return (config, use) => {
    if (linkedConnection(config) === null) return create(config, use);
    // A key of the configuration that was lost is not missed.
    return linkedLlm(config, find, (resolved) => create(resolved, { ...use, isKeyLost: false }));
  };
}

/** Tokens are hidden like every key of the server. */
function subscriptionOf({ subscription, serverSecrets }: LlmServices): Subscription {
  return {
    models: async () => (await subscription()).models(),
    async tokens() {
      const tokens = await (await subscription()).tokens();
      if (tokens !== null) serverSecrets.remember(tokens.accessToken);
      return tokens;
    },
  };
}

/** Keys that were looked up are hidden like every key of the server. */
function keyRefreshOf(
  { keyRefresh: source }: ResolvedOptions,
  { lookup, serverSecrets }: LlmServices,
): KeyRefresh | undefined {
  if (source === undefined) return undefined;
  const { url, baseUrls, headers = {} } = source;
  return {
    baseUrls,
    async lookUp() {
      const secret = { kind: "LookupSecret", url, headers: { ...headers }, description: null } as const;
      const key = await lookUpSecret(secret, lookup);
      serverSecrets.remember(key.trim());
      return key;
    },
  };
}
