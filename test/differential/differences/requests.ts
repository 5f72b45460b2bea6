import type { Difference } from "./difference.ts";

/** What routes and sockets answer otherwise. */
export const REQUEST_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: ["bash: commands to their end", "bash: commands of a conversation"],
    at: ['answers.*.body.stderr: "Error executing command: * -> "Error executing command: *'],
    reason: "our own words for a folder that is not there",
  },
  {
    scenarios: ["bash: relative folders of a conversation"],
    at: ["answers.2.*", "answers.3.*"],
    reason:
      "a relative folder begins at the working directory of the conversation, not at that of the server",
  },
  {
    scenarios: ["sockets that ask for the past"],
    at: ["answers.*.frames.0 ConversationStateUpdateEvent full_state.parent_id: absent -> *"],
    reason: "tells which event the state belongs to, as the one after a run does",
  },
  {
    scenarios: ["frames that are no messages", "a message that is no user's"],
    at: [
      "log.SystemPromptEvent: {*} -> absent",
      "frames.SystemPromptEvent: {*} -> absent",
      "info.leaf_event_id: *",
      "info.stats.usage_to_metrics.default: {*} -> absent",
    ],
    reason: "a refused message leaves nothing behind",
  },
  {
    scenarios: ["one conversation, through all routes", "a start that says everything"],
    at: [
      "answers.*.stats.usage_to_metrics.default.response_latencies.*: * -> absent",
      "answers.*.stats.usage_to_metrics.default.token_usages.*: * -> absent",
    ],
    reason:
      "lists of single model calls are told by the route of one conversation only; lists of conversations stay small",
  },
  {
    scenarios: ["bodies that are refused"],
    at: [
      'answers.*.body.detail.*.loc.3: "*Content" -> *',
      'answers.10.body.detail.0.loc.4: "more" -> absent',
      'answers.10.body.detail.*: {*"ImageContent"*} -> absent',
      'answers.12.body.detail.1: absent -> {"type":"bool_parsing","loc":["body","run"],*}',
    ],
    reason: "branches of unions by number; words are no truth values in JSON",
  },
  {
    scenarios: ["bodies that are refused"],
    at: ["answers.25.*", "answers.26.*"],
    reason: "answered with 422 where the reference fails with 500",
  },
  {
    scenarios: ["starts that are refused"],
    at: [
      "answers.*.body.detail.0.input.agent*",
      "answers.*.body.detail.0.input.kind: absent -> *",
      "answers.8.body.detail.0.input.system_prompt_kwargs: * -> absent",
    ],
    reason: "the input is told as it came in; the reference has begun to change it by then",
  },
  {
    scenarios: ["starts that are refused"],
    at: ["answers.3.*", "answers.10.*", "answers.25.*"],
    reason: "answered with 422 where the reference fails with 500",
  },
  {
    scenarios: ["starts that are refused"],
    at: ["answers.4.*", "answers.30.*"],
    reason: "a number is no path, and there is no model to fall back on that nobody has chosen",
  },
  {
    scenarios: ["starts that are refused"],
    at: ["answers.5.body.detail.0.*", "answers.6.body.detail.0.*", "answers.31.body.detail.0.*"],
    reason: "the fault is told at the field itself, by the name of the rule that it breaks",
  },
  {
    scenarios: [
      "a start whose objects are none",
      "titles and tags that are refused",
      "bodies of another type",
      "an initial message of another role",
    ],
    at: [
      "answers.*.status: 500 -> 422",
      'answers.*.body: {"detail":"Internal Server Error",*} -> {"detail":*',
    ],
    reason: "answered with 422 where the reference fails with 500",
  },
  {
    scenarios: ["a start whose objects are none"],
    at: [
      'answers.*.body.detail.0.type: "model_type" -> "model_attributes_type"',
      'answers.*.body.detail.0.ctx: {"class_name":*} -> absent',
    ],
    reason: "what is no object is told by one code",
  },
  {
    scenarios: ["a start whose objects are none", "parts of a conversation that are no objects"],
    at: ['answers.*.body.detail.0.input*: * -> "<redacted>"'],
    reason: "a refusal repeats nothing that may be a secret",
  },
  {
    scenarios: ["starts that are refused"],
    at: ['answers.24.body.detail.0.input.kind: "Nope" -> "<redacted>"'],
    reason: "a refusal repeats nothing that may be a secret",
  },
  {
    scenarios: ["new fields of a start that are refused"],
    at: ["answers.22.body.detail.0.input: *"],
    reason: "a refusal repeats a long text only in part",
  },
  {
    scenarios: ["new fields of a start that are refused"],
    at: [
      "answers.33.body.detail.*",
      "answers.26.body.detail.1: * -> absent",
      "answers.27.body.detail.*",
      "answers.40.body.detail.0.*",
      "answers.41.body.detail.0.*",
    ],
    reason: "each fault is told once, at the field itself",
  },
  {
    scenarios: ["new fields of a start, in order", "worktrees: made, shown and removed"],
    at: ['*.agent_context.current_datetime: * -> "<time>Z"'],
    reason: "the model is told the time in every conversation",
  },
  {
    scenarios: ["what is observed is told in headers"],
    at: [
      'answers.*.body.detail.0.url: "https://errors.pydantic.dev/*" -> absent',
      'answers.*.body.detail.0.ctx: absent -> {"error":"<words>"}',
    ],
    reason: "told like every other refusal, without a link into the manual of the reference's library",
  },
  {
    scenarios: ["modules of tools"],
    at: [
      "answers.4.body.detail: \"The agent uses tools whose modules * -> \"Tool 'my_tool' is not registered. *",
    ],
    reason: "no Python module is asked for; the tools that there are are named",
  },
  {
    scenarios: ["more ids than are allowed"],
    at: ["answers.5.*"],
    reason: "a batch of events has a bound, like every other",
  },
  {
    scenarios: ["secrets replaced and given again"],
    at: [
      "*.agent_state.lost_secrets: absent -> *",
      "answers.*.body.secret_registry.secret_sources.TOKEN_M: absent -> *",
      "answers.7.*",
    ],
    reason:
      "the state that is told is the live one, names secrets that have no value, and a secret needs a name",
  },
  {
    scenarios: ["secrets set later"],
    at: ["answers.4.*", "answers.5.body.detail.*"],
    reason:
      "answered with 422 where the reference fails with 500; what a secret may be is told for every form of it",
  },
  {
    scenarios: ["a message that is no user's", "a tool that is nowhere"],
    at: ["answers.*"],
    reason: "answered sensibly with 404 or 422 where the reference fails with 500, or later",
  },
  {
    scenarios: ["worktrees: made, shown and removed"],
    at: ['answers.*.body.agent.agent_context.system_message_suffix: "* -> "You work in a git worktree*"'],
    reason: "the same facts in our own words",
  },
  {
    scenarios: ["worktrees: nothing to make one from"],
    at: ["answers.1.*", "answers.2.*", "answers.3.body.*"],
    reason: "answered with 422 where the reference fails with 500, and no empty folder is left",
  },
  {
    scenarios: ["settings that nobody changed, and their forms"],
    at: ['answers.*.body.sections.*.description: "*" -> "*"'],
    reason: "fields are described in our own words; which of them are described is the same",
  },
];
