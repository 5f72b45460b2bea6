import type { Difference } from "./difference.ts";

const STATS = ["state.stats.*", "stats.*", "info.stats.*"];

/** What the loop does otherwise. */
export const RUN_DIFFERENCES: readonly Difference[] = [
  // Confirmation.
  {
    scenarios: ["confirmation by a new message"],
    at: ["log.*", "frames.*", "*.leaf_event_id: *"],
    reason:
      "a new message rejects the calls that wait, where the reference carries them out: the message may say not to",
  },

  {
    scenarios: ["a message without a run while calls wait"],
    at: ["log.*", "frames.*", 'answers.3.body.execution_status: "waiting_for_confirmation" -> "idle"'],
    reason: "it rejects the calls that wait as well, and what came first counts",
  },

  // Errors of the model.
  {
    scenarios: ["the same key refused in other words"],
    at: [
      'log.* ConversationErrorEvent.code: "APIError" -> "LLMAuthenticationError"',
      'log.* ConversationErrorEvent.code: "LLMBadRequestError" -> "LLMAuthenticationError"',
      'log.* ConversationErrorEvent.detail: "<words>" -> "Your LLM API key appears to be invalid or has expired."',
      'log.* ConversationErrorEvent.classification.kind: "config" -> "auth"',
    ],
    reason: "a key that is refused with 403 or 400 is a refused key too: the user is sent to the settings",
  },
  {
    scenarios: ["errors of the server that the model runs on"],
    at: [
      'log.* ConversationErrorEvent.code: "APIError" -> "LLMContextWindowExceedError"',
      'log.* ConversationErrorEvent.classification.kind: "transient" -> "agent_action"',
    ],
    reason: "413 says that the prompt is too large, so that a condenser can make it shorter",
  },
  {
    scenarios: ["a run without any message"],
    at: [
      "log.*",
      "frames.*",
      "state.execution_status: *",
      "info.execution_status: *",
      "*.leaf_event_id: *",
      "state.stats.*",
      "info.stats.*",
      "stats: *",
    ],
    reason: "no model is asked before anything was said: providers refuse a prompt of instructions alone",
  },

  // What the model gets wrong.
  {
    scenarios: ["a call after finish in one answer"],
    at: [
      "log.AgentErrorEvent: absent -> *",
      "frames.AgentErrorEvent: absent -> *",
      "log.7 ConversationStateUpdateEvent execution_status.parent_id: *",
      "*.leaf_event_id: *",
    ],
    reason: "every call is answered; the reference would run this one at the start of the next run",
  },
  {
    scenarios: ["arguments that are a list"],
    at: ['log.4 ActionEvent.tool_call.arguments: ["echo"] -> {}'],
    reason: "providers refuse a history with arguments that are no object",
  },
  {
    scenarios: ["empty arguments"],
    at: [
      "log.4 ActionEvent.*",
      "log.AgentErrorEvent: * -> absent",
      "log.ObservationEvent: absent -> *",
      "log.* ActionEvent.parent_id: *",
      "log.* ObservationEvent.id: *",
      "log.* ConversationStateUpdateEvent execution_status.parent_id: *",
      "frames.*",
      "*.leaf_event_id: *",
    ],
    reason: "no arguments are what some models send for an empty object",
  },
  {
    scenarios: ["numbers and truths as text"],
    at: ["log.4 ActionEvent.tool_call.arguments.*", "log.4 ActionEvent.summary: *"],
    reason: "the call is replayed to the model with the types it should have had",
  },
  {
    scenarios: ["ids that begin anew with every reply"],
    at: [
      "log.* *tool_call_id: *",
      "log.* ActionEvent.tool_call.id: *",
      "log.* ActionEvent.llm_response_id: *",
    ],
    reason: "ids are told apart where the model does not, so that results match their calls",
  },
  {
    scenarios: ["empty replies", "nothing but empty replies"],
    at: [
      'log.* MessageEvent.llm_message.content.0: {"cache_prompt":false,"type":"text","text":""} -> absent',
    ],
    reason: "no text is no text part; providers refuse empty ones",
  },
  {
    scenarios: ["empty replies", "nothing but empty replies", "reasoning only"],
    at: [
      'log.* MessageEvent.llm_message.content.0.text: "Your last response did not * -> "Your last reply had neither *',
    ],
    reason: "our own words",
  },
  {
    scenarios: ["the same mistake again and again"],
    at: [
      'log.10 MessageEvent.llm_message.content.0.text: "You\'ve called `nope` with * -> "The tool `nope` has now *',
    ],
    reason: "our own words",
  },
  {
    scenarios: ["a message of several parts"],
    at: [
      'log.4 MessageEvent.llm_message.content.0.text: "I received your image, * -> "Your message has an image, *',
    ],
    reason: "our own words",
  },

  // Errors of the model.
  {
    scenarios: ["the model forbids (403)"],
    at: ["log.5 ConversationErrorEvent.c*"],
    reason:
      "told as what it is, under names of the reference's own list: settings are wrong, trying again is no use",
  },
  {
    scenarios: ["content policy, then better"],
    at: ["log.* MessageEvent.llm_message.content.0.text: *"],
    reason: "our own words",
  },
  {
    scenarios: ["a refusal of the content filter, then better"],
    at: ["log.*", "frames.*", "*.last_user_message_id: *", ...STATS],
    reason:
      "an empty reply of the content filter is told as what it is, as the reference does with an error of that kind",
  },
  {
    scenarios: ["no choices, then better"],
    at: STATS,
    reason: "only a reply counts as a call",
  },

  // Run control.
  {
    scenarios: ["pause during a tool"],
    at: ["log.ObservationEvent: *", "log.* *.parent_id: *", "frames.ObservationEvent: *"],
    reason: "pause does not wait for the tool",
  },
  {
    scenarios: ["a message while a tool runs"],
    at: ["log.ObservationEvent: *", "log.* MessageEvent.parent_id: *", "frames.ObservationEvent: *"],
    reason: "a message is stored at once and does not wait for the tool",
  },
  {
    scenarios: ["a tool of the client"],
    at: ["state.agent.tools.3.params.spec.annotations: null -> absent"],
    reason: "frames leave out nulls at every depth",
  },
  {
    scenarios: [
      "the pattern analyzer",
      "commands as the patterns rate them",
      "commands as several analyzers rate them",
      "files as the analyzers rate them",
      "secrets in what a security analyzer tells",
    ],
    at: ["*.security_analyzer.*_patterns.*.1: *"],
    reason: "the descriptions of patterns are in words of this server",
  },
];
