import type { Difference } from "./difference.ts";

/** What the routes of secrets, connections and workspaces answer otherwise. */
export const DOCUMENT_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      "secrets of a server that are refused",
      "provider connections",
      "provider connections that are refused",
      "questions for ACP models that are refused",
    ],
    at: ['answers.*.body.detail.0.input*: * -> "<redacted>"'],
    reason: "a refusal repeats nothing that may be a secret",
  },
  {
    scenarios: ["provider connections that are refused"],
    at: ['answers.5.body.detail.0.type: "too_short" -> "value_error"', "answers.5.body.detail.0.ctx.*"],
    reason: "an empty key is refused like a blank one",
  },
  {
    scenarios: ["a secret that the server itself looks up"],
    at: ["*secret_sources.OWN_TOKEN.url: *"],
    reason: "the address stays as it was sent, so that it holds when the server moves to another port",
  },
  {
    scenarios: ["workspaces that are refused"],
    at: ["answers.*.body.detail.0.input: *"],
    reason: "a refusal repeats a long text only in part",
  },
];
