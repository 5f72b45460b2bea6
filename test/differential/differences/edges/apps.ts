import type { Difference } from "../difference.ts";

/** Extensions of Agent Canvas and their back ends. */
export const APP_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["extensions of Canvas that are refused"],
    at: [
      'answers.*.body.detail: "Could not read canvas extension source: *" -> "Could not read canvas extension source: *"',
    ],
    reason: "what is wrong with a source is said in our own words; people read it",
  },
];
