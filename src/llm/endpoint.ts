import type { LlmConfig } from "../wire/agent/llm-config.ts";
import { awsAddress, awsRegion, awsSignerIn } from "./aws/aws-region.ts";
import type { Environment } from "./environment.ts";
import { publishedName, type VertexFacts, vertexAddress, withApi } from "./google/vertex-address.ts";
import { LlmError } from "./llm-error.ts";
import { PROVIDERS, type Provider, parseModelName } from "./providers.ts";
import { isSubscribed } from "./subscription/is-subscribed.ts";

/** Where a model is reached and how. */
export interface Endpoint {
  /** A key of PROVIDERS. */
  name: string;
  provider: Provider;
  /** The model's name without the provider, as the provider wants it. */
  model: string;
  baseUrl: string;
  /** null: requests carry no credentials. */
  apiKey: string | null;
  /** `api-version` of Azure. */
  apiVersion: string;
  /** Whether `baseUrl` is the provider's own. */
  official: boolean;
  /** Whether credentials of the environment may go to `baseUrl`. */
  trusted: boolean;
  /** Region of a model at Bedrock; null where none is named, and for other providers. */
  region: string | null;
}

const AZURE_API_VERSION = "2024-12-01-preview";

/**
 * Finds provider, address and key of a model. The request's `base_url` and `api_key` win over the environment.
 * A key of the environment goes only to the environment's address or the provider's own, never to an address that a
 * client names: a client that may create conversations must not learn the server's keys.
 *
 * @throws LlmError LLMBadRequestError for an unknown name or address, LLMAuthenticationError for a missing or lost key
 */
export function toEndpoint(config: LlmConfig, environment: Environment, isKeyLost = false): Endpoint {
  refuseSubscription(config);
  const { provider: named, model } = parseModelName(config.model);
  const requested = requestedBaseUrl(named, config);
  // An unknown name without a provider, at an address of the client's own, can only be an OpenAI-compatible server.
  const name = named ?? (requested !== null && !model.includes("/") ? "openai" : null);
  const provider = name === null ? undefined : PROVIDERS[name];
  if (name === null || provider === undefined) throw unknownProvider(config.model);

  const region = name === "bedrock" ? awsRegion(config, model, environment) : null;
  const ownUrl = ownAddress(provider, { region, model, apiKey: config.api_key, environment });
  const usual = firstSet(provider.baseUrlVariables, environment) ?? ownUrl;
  const baseUrl = requested ?? usual;
  if (baseUrl === null) throw missingBaseUrl(name, provider);
  const official = sameOrigin(baseUrl, provider.baseUrl);
  const trusted = requested === null || official || sameOrigin(requested, usual);
  return {
    name,
    provider,
    model: provider.protocol === "vertex" ? publishedName(model) : model,
    baseUrl: normalizeBaseUrl(provider.protocol === "vertex" ? withApi(baseUrl, model) : baseUrl, provider),
    apiKey: config.api_key ?? environmentKey(name, { config, environment, trusted, isKeyLost }),
    apiVersion: nonBlank(config.api_version) ?? environment.AZURE_API_VERSION ?? AZURE_API_VERSION,
    official,
    trusted,
    region,
  };
}

/** Whether models with a context window too small for an agent are let through. */
export function allowsShortContext(environment: Environment): boolean {
  return ["true", "1", "yes"].includes(environment.ALLOW_SHORT_CONTEXT_WINDOWS?.toLowerCase() ?? "");
}

interface Sources {
  config: LlmConfig;
  environment: Environment;
}

function requestedBaseUrl(provider: string | null, config: LlmConfig): string | null {
  return nonBlank(config.base_url) ?? nonBlank(ownField(provider, config));
}

/** The field for the address of one provider alone. */
function ownField(provider: string | null, config: LlmConfig): string | null {
  if (provider === "bedrock") return config.aws_bedrock_runtime_endpoint;
  return provider === "ollama" ? config.ollama_base_url : null;
}

/** The provider's own address; null where it has none, or where a region or a project is missing. */
function ownAddress(
  provider: Provider,
  { region, ...facts }: VertexFacts & { region: string | null },
): string | null {
  if (provider.protocol === "vertex") return vertexAddress(facts);
  return region === null ? provider.baseUrl : awsAddress("bedrock-runtime", region);
}

interface KeySources extends Sources {
  /** Whether keys of the environment may go to the address. */
  trusted: boolean;
  /** Whether the configuration had a key that was not kept. */
  isKeyLost: boolean;
}

function environmentKey(name: string, sources: KeySources): string | null {
  const { config, environment, trusted, isKeyLost } = sources;
  const { keyVariables = [], keyless = false } = PROVIDERS[name] ?? {};
  const key = trusted ? firstSet(keyVariables, environment) : null;
  if (key !== null) return key;
  if (isKeyLost) throw lostKey(config, trusted ? keyVariables : []);
  if (name === "bedrock" && !trusted && awsSignerIn(config) === null) throw missingBedrockKey();
  if (keyless || !trusted) return null;
  throw new LlmError(
    "LLMAuthenticationError",
    `api_key is missing: the model ${config.model} needs one, in the request or in ${keyVariables.join(" or ")}`,
  );
}

function normalizeBaseUrl(baseUrl: string, provider: Provider): string {
  refuseUnusable(baseUrl);
  const trimmed = baseUrl.replace(/\/+$/, "");
  // The SDK adds /v1/messages; people paste the address with it.
  if (provider.protocol === "anthropic") return trimmed.replace(/\/v1(\/messages)?$/, "");
  if (new URL(trimmed).pathname !== "/") return trimmed;
  // A provider's own host without a path can only mean the provider's usual address.
  if (provider.baseUrl !== null && sameOrigin(trimmed, provider.baseUrl) && !provider.pathOfBareHost) {
    return provider.baseUrl;
  }
  return trimmed + (provider.pathOfBareHost ?? "");
}

function refuseUnusable(baseUrl: string): void {
  const refuse = (why: string) => new LlmError("LLMBadRequestError", `base_url: ${why}`);
  if (!URL.canParse(baseUrl)) throw refuse(`${JSON.stringify(baseUrl)} is not an absolute URL`);
  const { protocol, username, password } = new URL(baseUrl);
  if (protocol !== "http:" && protocol !== "https:") throw refuse(`must be http or https, not ${protocol}`);
  if (username || password) {
    throw refuse("must not have a user name or password; send them in extra_headers");
  }
}

/** A login must not turn into calls that are paid by the key of the server. */
function refuseSubscription(config: LlmConfig): void {
  if (!isSubscribed(config)) return;
  throw new LlmError(
    "LLMAuthenticationError",
    "auth_type: logins with a subscription are not supported by this server; set api_key, with auth_type api_key",
  );
}

function unknownProvider(model: string): LlmError {
  const providers = Object.keys(PROVIDERS).sort().join(", ");
  return new LlmError(
    "LLMBadRequestError",
    `model: the provider of ${JSON.stringify(model)} is not known. LLM provider not provided: write provider/model ` +
      `with one of ${providers}. Any other OpenAI-compatible server is openai/<model> with base_url; ` +
      "demo/tour needs no key.",
  );
}

function missingBaseUrl(name: string, provider: Provider): LlmError {
  const { protocol } = provider;
  const project = "VERTEXAI_PROJECT, a service account as api_key, ";
  const more =
    protocol === "vertex" ? project : protocol === "bedrock" ? "aws_region_name, AWS_REGION, " : "";
  return new LlmError(
    "LLMBadRequestError",
    `base_url is missing: ${name}/ models need it, or ${more}${provider.baseUrlVariables.join(" or ")}`,
  );
}

function lostKey(config: LlmConfig, variables: readonly string[]): LlmError {
  const places = ["a new conversation", ...variables].join(" or in ");
  return new LlmError(
    "LLMAuthenticationError",
    `api_key was not kept: the key of ${config.model} is lost since the server restarted, because OH_SECRET_KEY was not ` +
      `set or has changed. Give the key again in ${places}, and set OH_SECRET_KEY so that keys are kept.`,
  );
}

function missingBedrockKey(): LlmError {
  return new LlmError(
    "LLMAuthenticationError",
    "api_key is missing: this address gets no credentials of the server; bedrock/ models take a Bedrock API key, or " +
      "aws_access_key_id with aws_secret_access_key",
  );
}

function firstSet(names: readonly string[], environment: Environment): string | null {
  for (const name of names) {
    const value = nonBlank(environment[name] ?? null);
    if (value !== null) return value;
  }
  return null;
}

function nonBlank(value: string | null): string | null {
  return value === null || value.trim() === "" ? null : value.trim();
}

function sameOrigin(one: string, other: string | null): boolean {
  if (other === null || !URL.canParse(one) || !URL.canParse(other)) return false;
  return new URL(one).origin === new URL(other).origin;
}
