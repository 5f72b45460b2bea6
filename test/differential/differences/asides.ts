import type { Difference } from "./difference.ts";

/** What side calls and goals do otherwise. */
export const ASIDE_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["a question that the model refuses", "a question that is answered with a call"],
    at: ['answers.1.body.error_id: "<measured>" -> absent'],
    reason: "the answer says why there is none, so that no log has to be searched for it",
  },
  {
    scenarios: [
      "a question before anything was said",
      "a question while calls wait",
      "a question that is answered with a call",
    ],
    at: ["*stats.usage_to_metrics.ask-agent-llm*"],
    reason: "what a question cost is stored with its answer, not with the next run",
  },
  {
    scenarios: ["a question before anything was said", "a question that is answered with a call"],
    at: ["stats: absent -> {*}"],
    reason: "what a question cost is shown to watchers at once",
  },
  {
    scenarios: [
      "a title in the client's words",
      "a title in words without a place for the message",
      "a title in blank words, and one that is too long",
      "a model that only thinks about the title",
    ],
    at: ["stats*", "info.stats.usage_to_metrics.*"],
    reason: "what a title costs is booked apart from the agent's work",
  },
  {
    scenarios: [
      "a goal that is reached at once",
      "a goal in two rounds",
      "a goal that is not reached in time",
      "verdicts that are none, fenced or out of bounds",
      "a goal that is stopped during its run, and resumed",
      "a goal whose judge fails",
      "a goal of an agent that is stuck",
      "a second goal and a run while there is a goal",
    ],
    at: [
      "info.stats.usage_to_metrics.default.accumulated_token_usage.*",
      "info.stats.usage_to_metrics.default.response_latencies.*: absent -> {*}",
      "info.stats.usage_to_metrics.default.token_usages.*: absent -> {*}",
    ],
    reason: "what a judgement cost is stored with the event that shows it, not with the next run",
  },
];
