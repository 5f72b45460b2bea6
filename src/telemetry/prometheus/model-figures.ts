import type { Registry } from "prom-client";
import type { ModelCallEnded, Observer } from "../../observing/observer.ts";
import { boundedLabel } from "../bounded-label.ts";
import type { PromClient } from "./load-client.ts";
import { secondsSince } from "./seconds-since.ts";

const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300];
/** Names of models, and of errors, that are kept apart. */
const MAX_MODELS = 100;
const MAX_ERRORS = 40;

/** Measures the calls of models. */
export function modelFigures(
  { Counter, Histogram }: PromClient,
  registry: Registry,
): Pick<Observer, "modelCall"> {
  const registers = [registry];
  const labelNames = ["model"] as const;
  const duration = new Histogram({
    name: "agent_server_model_call_duration_seconds",
    help: "Time that calls of models have taken, with all attempts, by the configured model",
    ...{ labelNames, buckets: BUCKETS, registers },
  });
  const firstPiece = new Histogram({
    name: "agent_server_model_first_piece_seconds",
    help: "Time until streamed replies began",
    ...{ labelNames, buckets: BUCKETS, registers },
  });
  const errors = new Counter({
    name: "agent_server_model_errors_total",
    help: "Calls of models that failed for good, by the name of the error",
    labelNames: ["model", "error"],
    registers,
  });
  const tokens = new Counter({
    name: "agent_server_model_tokens_total",
    help: "Tokens; input has those of the cache, too, and output those of the reasoning",
    labelNames: ["model", "type"],
    registers,
  });
  const cost = new Counter({
    name: "agent_server_model_cost_dollars_total",
    help: "Cost of the calls whose price is known, in US dollars",
    ...{ labelNames, registers },
  });
  const modelName = boundedLabel(MAX_MODELS);
  const errorName = boundedLabel(MAX_ERRORS);
  const count = (model: string, { tokens: used, cost: dollars }: ModelCallEnded) => {
    if (dollars !== undefined && dollars > 0) cost.inc({ model }, dollars);
    if (used === undefined) return;
    const { input, output, cacheRead, cacheWrite, reasoning } = used;
    const types = { input, output, cache_read: cacheRead, cache_write: cacheWrite, reasoning };
    for (const [type, number] of Object.entries(types)) if (number > 0) tokens.inc({ model, type }, number);
  };
  return {
    modelCall(begun) {
      const began = performance.now();
      const model = modelName(begun.model);
      return {
        ended(end) {
          duration.observe({ model }, secondsSince(began));
          if (end.firstPieceSeconds !== undefined) firstPiece.observe({ model }, end.firstPieceSeconds);
          count(model, end);
        },
        failed(error) {
          duration.observe({ model }, secondsSince(began));
          errors.inc({ model, error: errorName(error instanceof Error ? error.name : typeof error) });
        },
      };
    },
  };
}
