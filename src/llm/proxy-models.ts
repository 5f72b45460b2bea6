import { z } from "zod";
import { readBounded } from "../read-bounded.ts";
import type { Model } from "./model.ts";
import type { Fetch } from "./provider-fetch.ts";

/** Milliseconds that a proxy has to answer. */
const TIMEOUT = 5_000;
/** Proxies list all their models at once. */
const MAX_BYTES = 8 * 1024 * 1024;

const figure = z.number().min(0).nullish().catch(null);

const listed = z.object({
  model_name: z.string().nullish().catch(null),
  litellm_params: z.object({ model: z.string().nullish().catch(null) }).catch({ model: null }),
  model_info: z
    .object({
      input_cost_per_token: figure,
      output_cost_per_token: figure,
      cache_read_input_token_cost: figure,
      cache_creation_input_token_cost: figure,
      max_input_tokens: figure,
    })
    .catch({}),
});

const answer = z.object({ data: z.array(z.unknown()) });

/** Entry of a LiteLLM proxy about one of its models. Prices are in US dollars for a token. */
export type ProxyModel = z.output<typeof listed>;

/** Whether a model is served by a LiteLLM proxy. */
export function isProxied({ endpoint }: Model): boolean {
  return endpoint.name === "litellm_proxy" || endpoint.name === "openhands";
}

/** Asks a proxy about a model, by its public name or the name behind it. null where it does not say. */
export async function loadProxyModel({ endpoint }: Model, fetch: Fetch): Promise<ProxyModel | null> {
  const response = await fetch(`${endpoint.baseUrl.replace(/\/v1$/, "")}/v1/model/info`, {
    headers: endpoint.apiKey === null ? {} : { authorization: `Bearer ${endpoint.apiKey}` },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (!response.ok) {
    await response.body?.cancel();
    return null;
  }
  const body = await readBounded(response.body, MAX_BYTES);
  const { data } = answer.parse(JSON.parse(body.toString()));
  for (const item of data) {
    const model = listed.safeParse(item).data;
    if (model?.model_name === endpoint.model || model?.litellm_params.model === endpoint.model)
      return model ?? null;
  }
  return null;
}
