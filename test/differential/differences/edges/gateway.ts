import type { Difference } from "../difference.ts";

/** What session sockets and the gateway for clients of OpenAI's API answer otherwise. */
export const GATEWAY_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      "the gateway: goes on with a conversation",
      "the gateway: refuses chats",
      "the gateway: refuses responses",
      "the gateway: agents that wait for their user",
    ],
    at: ["answers.*.shown.error: absent -> *"],
    reason: "clients of OpenAI's API show a refusal by its `error` and know no `detail`; both are there",
  },
  {
    scenarios: ["the gateway: models"],
    at: ["answers.*.body.data.*.shutdown_date: absent -> null"],
    reason: "releases of the reference with a newer library of OpenAI show it",
  },
  {
    scenarios: ["the gateway: refuses chats"],
    at: ["answers.*.shown.detail: *Invalid profile name: *"],
    reason: "own words",
  },
  {
    scenarios: ["the gateway: refuses chats", "the gateway: refuses responses"],
    at: ['answers.*.shown.detail.*.loc.*: "str" -> 0', 'answers.*.shown.detail.*.loc.*: "list[*]" -> 1'],
    reason: "forms of a field that may have several are counted; the reference writes names of Python types",
  },
  {
    scenarios: [
      "a reply that is streamed to a session socket",
      "a blank reply that is streamed to a session socket",
    ],
    at: ["*reasoning_tokens: * -> 0"],
    reason: "the reference guesses at the tokens of reasoning where the provider has not counted them",
  },
  {
    scenarios: ["a blank reply that is streamed to a session socket"],
    at: [
      "log.4 MessageEvent.llm_message.content.0: *absent",
      "log.5 MessageEvent.llm_message.content.0.text: *",
    ],
    reason: "a reply without a text has none, and the word about it is our own",
  },
];
