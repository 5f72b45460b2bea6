import type { Payload } from "./migrate.ts";

const PROXY_URL = /^https:\/\/llm-proxy\.app\.all-hands\.dev(?:\/v1)?\/*(?:[?#].*)?$/;
const PROXY_PREFIX = "litellm_proxy/";
const PREFIX = "openhands/";

/** Names models of the OpenHands provider by their short name, which needs no address. */
export function withShortModelName(llm: Payload): Payload {
  const { base_url: baseUrl, ...rest } = llm;
  const { model } = rest;
  if (typeof model !== "string" || typeof baseUrl !== "string" || !PROXY_URL.test(baseUrl.trim())) return llm;
  if (model.startsWith(PREFIX)) return rest;
  if (!model.startsWith(PROXY_PREFIX)) return llm;
  return { ...rest, model: PREFIX + model.slice(PROXY_PREFIX.length) };
}
