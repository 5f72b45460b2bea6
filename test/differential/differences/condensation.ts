import type { Difference } from "./difference.ts";

/** What condensation does otherwise. */
export const CONDENSATION_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["condensation on request whose model fails"],
    at: ["log.*", "frames.*", "state.stats.*", "stats.*", "info.stats.*", "answers.2.*"],
    reason:
      "the failure is in the log, and ends the request: in the reference every later run fails until the model works again",
  },
  {
    scenarios: ["condensation on request of very little"],
    at: [
      'prompts.2.messages.1.content.0: "SUMMARY" -> "SUMMARY\\nAnd now?"',
      'prompts.2.messages.1.content.1: "And now?" -> absent',
    ],
    reason: "texts of one turn are sent as one text to providers that take no list",
  },
  {
    scenarios: ["condensation on request while calls wait"],
    at: ["log.*", "frames.*", "stats.*", "info.stats.*", "answers.*.body.stats.*", "*.leaf_event_id: *"],
    reason:
      "a condensation approves no calls: the reference carries out those that wait, and condenses nothing",
  },
];
