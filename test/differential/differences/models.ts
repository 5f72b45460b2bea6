import { modelToolScenarios } from "../scenarios/models/model-tools.ts";
import { serviceScenarios } from "../scenarios/models/services.ts";
import type { Difference } from "./difference.ts";

const namesOf = (scenarios: readonly { name: string }[]) => scenarios.map(({ name }) => name);

/** What the tools that choose or ask models do otherwise, and the analyzers that ask others. */
export const MODEL_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: namesOf(modelToolScenarios),
    at: ["log.* ObservationEvent.observation.content.0.text: *"],
    reason: "results are in our own words",
  },
  {
    scenarios: namesOf(modelToolScenarios),
    at: ["stats.usage_to_metrics.*: absent -> *"],
    reason: "the figures of a model that the agent came to later are shown to watchers, too",
  },
  {
    scenarios: [
      "the agent asks an oracle that refuses its key",
      "a task is routed by a classifier that fails",
    ],
    at: ["*stats.usage_to_metrics.*: * -> absent"],
    reason: "a model that has never answered has no figures",
  },
  {
    scenarios: ["a task is routed by settings"],
    at: ["*.params.meta_profile.*: null -> absent"],
    reason: "events have no keys that are null, also in the parameters of tools",
  },
  {
    scenarios: ["an image is shown to nobody"],
    at: ["log.4 MessageEvent.llm_message.content.0.text: *"],
    reason: "words to the user of our own",
  },
  {
    scenarios: namesOf(serviceScenarios),
    at: ['log.6 SecurityAnalysisEvent.details.<ActionEvent 1>: absent -> {"error":"<words>"}'],
    reason: "the user is shown why an action is not rated",
  },
  {
    scenarios: namesOf(serviceScenarios),
    at: ["*stats.usage_to_metrics.guard: absent -> *"],
    reason: "what a guardrail uses counts in the stats and budgets of its conversation",
  },
  {
    scenarios: namesOf(serviceScenarios),
    at: ['info.security_analyzer.api_key: "**********" -> null'],
    reason: "the key of an analyzer is shown as that of a model is, not at all",
  },
  {
    scenarios: namesOf(serviceScenarios),
    at: ["log.7 ObservationEvent.observation.content.0.text: *"],
    reason: "the words of the file editor are our own",
  },
];
