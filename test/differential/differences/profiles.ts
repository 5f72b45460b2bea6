import type { Difference } from "./difference.ts";

/** What the routes of saved models answer otherwise. */
export const PROFILE_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["profiles: saved, shown and listed"],
    at: ["answers.18.status: 400 -> 200", "answers.18.body: *"],
    reason: "a model of a subscription can be looked at before its user has signed in",
  },
  {
    scenarios: ["profiles: refused"],
    at: ['answers.*.body.detail.0.input: "perhaps" -> "<redacted>"'],
    reason: "a refusal repeats nothing that may be a secret",
  },
];
