import { untilAborted } from "../../waiting.ts";
import type { Llm } from "../llm.ts";
import { loadModelFacts, type ModelFacts, type ModelQuestions, type PricedConfig } from "../pricing.ts";
import { withComplete } from "./with-complete.ts";

/**
 * Fills in the cost of replies that state none, in US dollars, and the context window, in tokens. Both come from the
 * configuration (`input_cost_per_token` with `output_cost_per_token`, `max_input_tokens`) or else from a price list
 * by the configured model's name, for a name of a LiteLLM proxy by what the proxy says about it. Where the window can be
 * asked for, that answer wins over the list. Cost and window are 0 where nothing knows.
 */
export function withPrice(
  llm: Llm,
  config: PricedConfig,
  { askProxy, askWindow = async () => null }: ModelQuestions = {},
): Llm {
  let loading: Promise<ModelFacts> | undefined;
  return withComplete(llm, async (request) => {
    // Both load while the model writes.
    loading ??= loadModelFacts(config, askProxy);
    const asking = untilAborted(askWindow(), request.signal).catch(() => null);
    const reply = await llm.complete(request);
    const facts = await loading;
    return {
      ...reply,
      cost: reply.cost ?? (reply.usage === null ? 0 : facts.costOf(reply.usage)),
      contextWindow: reply.contextWindow || config.max_input_tokens || (await asking) || facts.contextWindow,
    };
  });
}
