import { isObject } from "../../is-object.ts";
import { type LlmConfig, llmConfig, withReadableFallbacks } from "../../wire/agent/llm-config.ts";
import { defineCollection } from "../documents/collection.ts";
import { VERIFIED_MODELS } from "../llm-catalogue/verified-models.ts";

const SCHEMA_VERSION = 1;

/** The saved models, by their canonical names. */
export const LLM_PROFILES = defineCollection<LlmConfig>({
  kind: "llm-profile",
  label: "LLM profile",
  schema: llmConfig,
  migrate,
});

/** Files from before there were versions have none. */
function migrate(stored: unknown): unknown {
  if (!isObject(stored)) return stored;
  const { schema_version: version = SCHEMA_VERSION, ...config } = stored;
  if (version !== SCHEMA_VERSION) throw new Error(`its version is not ${SCHEMA_VERSION}`);
  return withVerifiedModelName(withReadableFallbacks(config) as Record<string, unknown>);
}

/**
 * The model in the form in which it is kept. What a provider connection or a sign-in supplies is not kept with it, so
 * that it cannot disagree with these.
 */
export function toStoredProfile(llm: LlmConfig): LlmConfig {
  const config = withVerifiedModelName(llm) as LlmConfig;
  if (config.auth_type === "subscription") {
    return { ...config, api_key: null, base_url: null, extra_headers: null };
  }
  return config.provider_connection_id === null ? config : { ...config, api_key: null, base_url: null };
}

const PROXY = "litellm_proxy/";
const PROXY_ADDRESS = /^https:\/\/llm-proxy\.app\.all-hands\.dev(\/v1)?\/*$/;

/** Models of the OpenHands provider have its name, also where they were saved with its address. */
function withVerifiedModelName(config: Record<string, unknown>): Record<string, unknown> {
  const { model, base_url: address } = config;
  if (typeof model !== "string" || typeof address !== "string" || !PROXY_ADDRESS.test(address.trim())) {
    return config;
  }
  if (model.startsWith("openhands/")) return { ...config, base_url: null };
  const name = model.slice(PROXY.length);
  const isVerified = model.startsWith(PROXY) && VERIFIED_MODELS.openhands?.includes(name) === true;
  return isVerified ? { ...config, model: `openhands/${name}`, base_url: null } : config;
}
