import type { Difference } from "./difference.ts";

const FIGURES = [
  "state.stats.*",
  "stats.*",
  "stats: *",
  "info.stats.*",
  "answers.*.body.stats.*",
  "*.leaf_event_id: *",
];

/** What condensation does otherwise. */
export const CONDENSATION_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["condensation on request whose model fails"],
    at: ["log.*", "frames.*", ...FIGURES, "answers.2.*"],
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
    at: ["log.*", "frames.*", "state.*", ...FIGURES, "info.*", "answers.*"],
    reason:
      "a condensation approves no calls: the reference carries out those that wait, and condenses nothing",
  },
];
