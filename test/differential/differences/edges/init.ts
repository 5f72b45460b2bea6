import type { Difference } from "../difference.ts";

/** Where servers that are configured after their start differ on purpose. */
export const EDGE_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["a server before and after it is configured"],
    at: ['answers.*.body.detail.0.input: * -> "<redacted>"'],
    reason: "a refusal does not repeat what stands where keys and variables belong",
  },
];
