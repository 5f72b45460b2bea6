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
    scenarios: ["the model of the settings and its key"],
    at: [
      "answers.*.body.llm_api_key_is_set: false -> true",
      'answers.*.body.agent_settings.llm.api_key: null -> "**********"',
    ],
    reason: "asterisks keep the stored key: a client that sends back what it was shown loses nothing",
  },
  {
    scenarios: ["MCP servers of the settings"],
    at: ["answers.*.body.agent_settings.mcp_config.*: *"],
    reason: "asterisks keep the stored secret of an MCP server",
  },
  {
    scenarios: ["workspaces that are refused"],
    at: ["answers.*.body.detail.0.input: *"],
    reason: "a refusal repeats a long text only in part",
  },
];
