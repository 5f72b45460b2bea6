/** US dollars that no call can cost: a greater figure is a mistake. */
const MAX_COST = 1e6;

/** Returns the first of the reported prices that is one, in US dollars; null without any. */
export function reportedCost(...reported: unknown[]): number | null {
  const cost = reported.find((value) => typeof value === "number" && value >= 0 && value <= MAX_COST);
  return typeof cost === "number" ? cost : null;
}

/** The cost that a LiteLLM proxy states in the headers of its answer, in US dollars; null without one. */
export function costHeader(headers: Headers): number | null {
  const value =
    headers.get("llm_provider-x-litellm-response-cost") ?? headers.get("x-litellm-response-cost") ?? "";
  return reportedCost(Number.parseFloat(value));
}
