import type { Difference } from "../difference.ts";

/** Conversations whose program has begun a session. */
const BEGUN = [
  "another program: words and thoughts",
  "another program: a turn without words",
  "another program: two turns",
  "another program: messages that wait",
  "another program: a tool call",
  "another program: tool calls that fail or never end",
  "another program: costs and tokens",
  "another program: permissions that nobody is asked for",
  "another program: a question to the user",
  "another program: reports of another version",
  "another program: models as an option",
  "another program: a model that is asked for, with its effort",
  "another program: a model in the older way",
  "another program: models that are malformed",
  "another program: a model that is refused",
  "another program: the mode of the agent",
  "another program: the mode of a known program",
  "another program: secrets as variables",
  "another program: a context in the first message",
  "another program: MCP servers that are passed on",
  "another program: a prompt that fails",
  "another program: a prompt that breaks a policy",
  "another program: a sign-in that is needed",
  "another program: a turn that stalls",
  "another program: a new message during a turn",
  "another program: an interrupt",
  "another program: a pause during a turn",
  "another program: another model",
  "another program: images in a message",
];

/** Conversations whose program could not begin one. */
const NOT_BEGUN = [
  "another program: a mode that is refused",
  "another program: a session that is refused",
  "another program: credentials that are refused",
  "another program: a program that is not there",
  "another program: a program that does not answer",
];

/** What agents that are other programs do otherwise. */
export const ACP_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [...BEGUN, ...NOT_BEGUN],
    at: [
      "log.*ConversationStateUpdateEvent execution_status*",
      "frames.*ConversationStateUpdateEvent execution_status*",
    ],
    reason:
      "a run shows as running from its beginning, also while its program starts, and as finished once there is nothing left " +
      "to send; the message that was answered is noted in the commit of its answer",
  },
  {
    scenarios: BEGUN,
    at: ["log.* SystemPromptEvent.system_prompt.text: *"],
    reason: "the words that stand for a system prompt are the server's own",
  },
  {
    scenarios: ["another program: words and thoughts"],
    at: ["frames.StreamingDeltaEvent: absent -> {*reasoning_content*}"],
    reason: "thoughts are streamed as well as words",
  },
  {
    scenarios: ["another program: a tool call"],
    at: ["log.7 ACPToolCallEvent.content.*: null -> absent"],
    reason: "what a program reports is stored without the fields that it leaves out",
  },
  {
    scenarios: ["another program: a question to the user"],
    at: [
      "log.MessageEvent: {*} -> absent",
      "log.ConversationErrorEvent: {*} -> absent",
      "log.ActionEvent: absent -> {*elicitation: decline*}",
      "log.ObservationEvent: absent -> {*elicitation: decline*}",
      "log.9 ConversationStateUpdateEvent agent_state.*",
      "frames.MessageEvent: {*} -> absent",
      "frames.ConversationErrorEvent: {*} -> absent",
      "frames.StreamingDeltaEvent: absent -> {*elicitation: decline*}",
      "frames.ActionEvent: absent -> {*}",
      "frames.ObservationEvent: absent -> {*}",
      'state.execution_status: "error" -> "finished"',
      "state.leaf_event_id: *",
      "state.stats.usage_to_metrics.acp-managed.response_latencies.0: absent -> {*}",
      "state.agent_state.acp_last_prompt_user_message_id: absent -> *",
      "stats: absent -> {*}",
      'info.execution_status: "error" -> "finished"',
      "info.leaf_event_id: *",
      "info.stats.usage_to_metrics.acp-managed.response_latencies.0: absent -> {*}",
      "info.agent_state.acp_last_prompt_user_message_id: absent -> *",
    ],
    reason:
      "the question is declined; the protocol library of the reference does not know it, so that the turn fails",
  },
  {
    scenarios: NOT_BEGUN,
    at: [
      "log.ConversationErrorEvent: {*} -> absent",
      "frames.ConversationErrorEvent: {*} -> absent",
      "state.leaf_event_id: *",
      "info.leaf_event_id: *",
    ],
    reason: "one failure is one error, and not a second one with the name of an exception",
  },
  {
    scenarios: NOT_BEGUN,
    at: [
      "state.stats.usage_to_metrics.acp-managed: absent -> {*}",
      "info.stats.usage_to_metrics.acp-managed: absent -> {*}",
    ],
    reason: "the account of a model is opened with the first run, whether its program starts or not",
  },
  {
    scenarios: ["another program: a turn that stalls"],
    at: ["log.6 MessageEvent.llm_message.content.0.text: *"],
    reason: "the same in the server's own words",
  },
  {
    scenarios: ["another program: a new message during a turn"],
    at: [
      "log.ConversationStateUpdateEvent agent_state: {*acp_supersede_inflight_prompt*} -> absent",
      "log.* ConversationStateUpdateEvent agent_state.id: *",
      "log.SystemPromptEvent: {*} -> absent",
      "log.17 ActionEvent.parent_id: *",
      "frames.ConversationStateUpdateEvent agent_state: {*} -> absent",
      "frames.* ConversationStateUpdateEvent agent_state.id: *",
      "frames.SystemPromptEvent: {*} -> absent",
    ],
    reason:
      "the run goes on with the new message, without a note of it in the state; a branch has one text that stands for a " +
      "system prompt, and not one for each start of the program",
  },
  {
    scenarios: ["another program: another model"],
    at: [
      'log.0 ConversationStateUpdateEvent agent.value.llm.model: "small" -> "large"',
      "frames.0 ConversationStateUpdateEvent agent.isWhatIsStored: false -> true",
    ],
    reason: "an event is what it was when it was stored; that of the reference changes with the agent",
  },
  {
    scenarios: ["another program: another model"],
    at: [
      '*stats.usage_to_metrics.acp-managed.model_name: "small" -> "acp-managed"',
      '*stats.usage_to_metrics.acp-managed.accumulated_token_usage.model: "small" -> "acp-managed"',
      '*stats.usage_to_metrics.acp-managed.response_latencies.1.model: "small" -> "acp-managed"',
    ],
    reason: "an account keeps the name of the model that it was opened with, as those of other agents do",
  },
  {
    scenarios: ["another program: a context in the first message"],
    at: ['info.agent.agent_context.current_datetime: "<time>Z" -> null'],
    reason: "an agent that is to be shown no time is stored as such",
  },
  {
    scenarios: ["another program: MCP servers that are passed on"],
    at: ["*agent.mcp_config.files.env: absent -> {}", "*agent.mcp_config.web.headers: absent -> {}"],
    reason: "a map whose values are secret shows that it is there",
  },
  {
    scenarios: ["another program: logins that cannot be bound"],
    at: ['answers.*.body.detail.0.input*: * -> "<redacted>"'],
    reason: "values of headers are secrets, which no answer repeats",
  },
  {
    scenarios: ["another program: a login that has to be bound again"],
    at: [
      "answers.8.status: 409 -> 200",
      "answers.8.body: {*} -> 1",
      "answers.9.status: 409 -> 200",
      "answers.9.body: {*} -> {*}",
    ],
    reason: "what is stored of a conversation is read without its program, and so without the login",
  },
  {
    scenarios: ["models of programs that cannot be started"],
    at: ["answers.*.body.error.detail: *"],
    reason: "the same in the words of this machine, with the name of the program",
  },
];
