import type { Llm } from "../llm.ts";
import { type AskProxy, loadModelFacts, type ModelFacts, type PricedConfig } from "../pricing.ts";
import { withComplete } from "./with-complete.ts";

/**
 * Fills in the cost of replies that state none, in US dollars, and the context window, in tokens. Both come from the
 * configuration (`input_cost_per_token` with `output_cost_per_token`, `max_input_tokens`) or else from a price list
 * by the configured model's name, for a name of a LiteLLM proxy by what the proxy says about it. Cost and window are 0
 * where nothing knows.
 */
export function withPrice(llm: Llm, config: PricedConfig, askProxy?: AskProxy): Llm {
  let loading: Promise<ModelFacts> | undefined;
  return withComplete(llm, async (request) => {
    // Loads while the model writes.
    loading ??= loadModelFacts(config, askProxy);
    const reply = await llm.complete(request);
    const facts = await loading;
    return {
      ...reply,
      cost: reply.cost ?? (reply.usage === null ? 0 : facts.costOf(reply.usage)),
      contextWindow: reply.contextWindow || facts.contextWindow,
    };
  });
}
