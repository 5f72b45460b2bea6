import { modelToolScenarios } from "../../scenarios/models/model-tools.ts";
import type { Difference } from "../difference.ts";

/** Conversations in which no result of such a tool has words of the server. */
const WITHOUT_OWN_WORDS: ReadonlySet<string> = new Set([
  "the agent switches its model without a reason",
  "the agent asks the oracle",
  "an image is shown to another model",
  "an image is shown to nobody",
  "a model that answers has fallback models",
  "a model that fails has fallback models",
]);

const RATED_GUARDRAILS = ["a guardrail that sees no risk", "a guardrail that repeats the call"];
const UNRATED_GUARDRAILS = [
  "a guardrail that says two things",
  "a guardrail that says nothing of it",
  "a guardrail that repeats half of the call",
];
const RATED_SERVICES = ["a service that sees no risk", "a service that sees some risk"];
const FAILED_SERVICES = [
  "a service that gives no score",
  "a service that gives a score in words",
  "a service that is down",
];

/** What the tools that choose or ask models do otherwise, and the analyzers that ask others. */
export const MODEL_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["a model that fails has fallback models"],
    at: [
      "log.ActionEvent: absent -> *",
      "log.ObservationEvent: absent -> *",
      "log.ConversationErrorEvent: * -> absent",
      'log.* ConversationStateUpdateEvent execution_status.parent_id: "<MessageEvent 1>" -> "<ObservationEvent 1>"',
      'log.* ConversationStateUpdateEvent execution_status.value: "error" -> "finished"',
      "frames.ActionEvent: absent -> *",
      "frames.ObservationEvent: absent -> *",
      "frames.ConversationErrorEvent: * -> absent",
      '*.execution_status: "error" -> "finished"',
      '*.leaf_event_id: "<ConversationErrorEvent 1>" -> "<ObservationEvent 1>"',
      "*.stats.usage_to_metrics.default.*",
      "stats: absent -> *",
    ],
    reason:
      "the saved model is asked; the reference copies the agent at its start and loses the strategy with it",
  },
  {
    scenarios: modelToolScenarios.map(({ name }) => name).filter((name) => !WITHOUT_OWN_WORDS.has(name)),
    at: ["log.* ObservationEvent.observation.content.0.text: *"],
    reason: "results are in our own words",
  },
  {
    scenarios: [
      "the agent switches its model",
      "the agent switches its model and back again",
      "the agent of settings switches its model",
      "the agent switches the model of its condenser, too",
      "the agent waits before it switches its model",
      "a task is routed by its class",
      "a task is routed by a number in words",
      "a task is routed by a prompt",
      "a task is routed by a name in words",
      "a task is routed by rules of its own",
      "a task is routed by the first rules",
      "a task is routed by settings",
    ],
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
    scenarios: [
      ...FAILED_SERVICES,
      "a service without a key for it",
      ...UNRATED_GUARDRAILS,
      "a guardrail that fails",
    ],
    at: ['log.6 SecurityAnalysisEvent.details.<ActionEvent 1>: absent -> {"error":"<words>"}'],
    reason: "the user is shown why an action is not rated",
  },
  {
    scenarios: [...RATED_GUARDRAILS, "a guardrail that sees a risk", ...UNRATED_GUARDRAILS],
    at: ["*stats.usage_to_metrics.guard: absent -> *"],
    reason: "what a guardrail uses counts in the stats and budgets of its conversation",
  },
  {
    scenarios: [...RATED_SERVICES, ...RATED_GUARDRAILS],
    at: ["log.7 ObservationEvent.observation.content.0.text: *"],
    reason: "the words of the file editor are our own",
  },
];
