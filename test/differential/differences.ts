export interface Difference {
  /** Exact names; "all" where every scenario may show it. */
  scenarios: readonly string[] | "all";
  /** Patterns of the lines that are known, as the report prints them; `*` stands for anything. */
  at: readonly string[];
  reason: string;
}

const TEXT = "log.* ObservationEvent.observation.content.0.text: *";
const STATS = ["state.stats.*", "stats.*", "info.stats.*"];

/** Where this server answers otherwise than the reference on purpose, and why. */
export const DIFFERENCES: readonly Difference[] = [
  {
    scenarios: "all",
    at: [
      '*SystemPromptEvent.dynamic_context: absent -> {"cache_prompt":false,"type":"text","text":"<words>"}',
      '*dynamic_context: null -> {"cache_prompt":false,"type":"text","text":"<words>"}',
    ],
    reason: "the model is told the folder it works in and the time, also when the agent has no context",
  },

  // Confirmation.
  {
    scenarios: ["confirmation by a new message"],
    at: ["log.*", "frames.*", "state.leaf_event_id: *", "info.leaf_event_id: *"],
    reason:
      "a new message rejects the calls that wait, where the reference carries them out: the message may say not to",
  },

  // The terminal.
  {
    scenarios: "all",
    at: [
      'log.* ObservationEvent.observation.metadata.suffix: "\\n[The command timed out after * -> "\\n[The command timed out after *',
      'log.* ObservationEvent.observation.metadata.suffix: "\\n[The command has no new output after 30 seconds. * -> "\\n[The command has no new output after 30 seconds. *',
      'log.* ObservationEvent.observation.metadata.suffix: "\\n[Your command * is NOT executed. * -> "\\n[Your command * is NOT executed. *',
    ],
    reason: "advice to the model in our own words",
  },
  {
    scenarios: "all",
    at: [
      'log.* ObservationEvent.observation.full_output_save_dir: "workspace/conversations/conversation/observations" -> absent',
      'log.* ObservationEvent.observation.full_output_save_dir: absent -> "workspace/conversations/conversation/observations"',
    ],
    reason:
      "the folder is told with every output and with no other; what the reference's line editor leaves counts as output there",
  },
  {
    scenarios: ["a command while another still runs", "a command that is silent for 30 seconds"],
    at: [
      'log.7 ObservationEvent.observation.metadata.prefix: "[Below is the output of the previous command.]\\n" -> ""',
    ],
    reason: "nothing was shown before, so nothing is continued",
  },
  {
    scenarios: ["answering a program that asks"],
    at: [
      'log.5 ObservationEvent.observation.metadata.suffix: "\\n[The command timed out * -> "\\n[The command is waiting for input. *',
      'log.7 ObservationEvent.observation.content.0.text: "Hello Ann" -> " Ann\\nHello Ann"',
      'log.7 ObservationEvent.observation.metadata.prefix: "" -> "[Below is the output of the previous command.]\\n"',
    ],
    reason:
      "a program that waits for input is noticed at once, and its next output is known as a continuation",
  },
  {
    scenarios: ["several lines", "colours and progress bars"],
    at: [TEXT],
    reason: "the command is not repeated in its output; colours and overwritten progress are left out of it",
  },
  {
    scenarios: ["several commands, a line each", "an unfinished quote", "the shell ends itself"],
    at: [TEXT, "log.* ObservationEvent.observation.*"],
    reason:
      "lines run one after the other; the shell itself reports a syntax error; a shell that ended is replaced",
  },
  {
    scenarios: ["words of many scripts"],
    at: ['log.4 ActionEvent.summary: "terminal: {*\\\\u00fc*" -> "terminal: {*ü*"'],
    reason: "summaries are for people to read",
  },
  {
    scenarios: ["long output"],
    at: [
      TEXT,
      'log.5 ObservationEvent.observation.metadata.prefix: "[Previous command outputs are truncated. * -> ""',
    ],
    reason: "beginning and end of long output are shown, not what a screen of 10,000 lines has kept",
  },
  {
    scenarios: ["a command that is a list"],
    at: [
      'log.5 ObservationEvent.observation.content.0.text: "[Tool-argument error] * -> "[Tool-argument error] *',
    ],
    reason: "the same refusal in our own words",
  },

  // The file editor. What it says is ours; fields, contents and success are compared.
  {
    scenarios: [
      "create, view and change a file",
      "create mistakes",
      "create in a folder that is not there",
      "view mistakes",
      "view ranges",
      "view folders",
      "view images and other bytes",
      "view a long file",
      "str_replace mistakes",
      "str_replace in many ways",
      "line ends and encodings are kept",
      "insert",
      "undo",
      "an editor command that is none",
    ],
    at: [TEXT],
    reason: "our own words; a last line break is not shown as one more line",
  },
  {
    scenarios: ["create in a folder that is not there"],
    at: [
      "log.5 ObservationEvent.observation.is_error: true -> false",
      "log.5 ObservationEvent.observation.prev_exist: true -> false",
      "log.5 ObservationEvent.observation.path: absent -> *",
      'log.5 ObservationEvent.observation.new_content: absent -> "one\\n"',
    ],
    reason: "create makes the parent folders",
  },
  {
    scenarios: ["view images and other bytes"],
    at: [
      "log.11 ObservationEvent.observation.is_error: true -> false",
      'log.11 ObservationEvent.observation.path: absent -> */latin.txt"',
    ],
    reason: "short texts in Latin-1 are readable",
  },
  {
    scenarios: ["line ends and encodings are kept"],
    at: [
      "log.9 ObservationEvent.observation.is_error: true -> false",
      'log.9 ObservationEvent.observation.path: absent -> */latin.txt"',
      "log.9 ObservationEvent.observation.*_content: absent -> *",
    ],
    reason:
      "line ends and encodings are kept; the reference turns CRLF into LF and fails on short Latin-1 texts",
  },
  {
    scenarios: ["view folders"],
    at: ['log.11 ObservationEvent.observation.path: "*/a" -> "*/a/"'],
    reason: "the path is told as it was asked for",
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
    scenarios: ["the model forbids (403)", "no such model (404)"],
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
    scenarios: ["a message while the agent is about to end"],
    at: [
      "log.MessageEvent: absent -> *",
      "log.7 ConversationStateUpdateEvent execution_status.parent_id: *",
      "frames.MessageEvent: absent -> *",
      "*.leaf_event_id: *",
      ...STATS,
    ],
    reason: "a message that came while the agent wrote its last words is answered",
  },
  {
    scenarios: ["a tool of the client"],
    at: ['*.agent.tools.3: {*"show_map"*} -> absent'],
    reason: "client tools are listed under client_tools; the agent stays as it was given",
  },
  {
    scenarios: ["the pattern analyzer"],
    at: ["*.security_analyzer.*_patterns: [*] -> absent"],
    reason: "built-in patterns are not copied into every conversation",
  },

  // Not built yet.
  {
    scenarios: ["a skill that a word wakes"],
    at: [
      'log.1 MessageEvent.activated_skills.0: "hello" -> absent',
      "log.1 MessageEvent.extended_content.0: {*} -> absent",
      '*.activated_knowledge_skills.0: "hello" -> absent',
    ],
    reason: "skills are a later part",
  },
  {
    scenarios: ["an agent from settings"],
    at: ['log.0 SystemPromptEvent.tools.5: {*"SwitchLLMTool"*} -> absent'],
    reason: "switching models is a later part",
  },
  {
    scenarios: ["about the server"],
    at: [
      "answers.*.body.usable_tools.*",
      "answers.*.body.capabilities.*",
      "answers.*.body.*version: *",
      "answers.*.body.build_git_ref: *",
    ],
    reason: "what this server is and has",
  },

  // Requests.
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
    scenarios: ["events by search"],
    at: ["answers.7.body.items.MessageEvent: absent -> *"],
    reason: "kinds are known by their short names too",
  },
  {
    scenarios: ["bodies that are refused"],
    at: [
      'answers.*.body.detail.*.type: "literal_error" -> "enum"',
      'answers.*.body.detail.*.loc.3: "*Content" -> *',
      'answers.10.body.detail.0.loc.4: "more" -> absent',
      'answers.10.body.detail.*: {*"ImageContent"*} -> absent',
      'answers.12.body.detail.1: absent -> {"type":"bool_parsing","loc":["body","run"],*}',
      'answers.*.body.detail.0.input.kind: absent -> "Nope"',
    ],
    reason: "branches of unions by number; words are no truth values in JSON",
  },
  {
    scenarios: ["bodies that are refused"],
    at: ["answers.17.body.detail.0.*", "answers.24.body.detail.0.*"],
    reason: "the fault is told at the field itself, by the name of the rule that it breaks",
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
      'answers.17.body.detail: "Parent conversation * not found" -> "Parent conversation * not found"',
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
    at: [
      "answers.5.body.detail.0.*",
      "answers.6.body.detail.0.*",
      "answers.9.body.detail.0.*",
      "answers.20.body.detail.0.*",
      "answers.21.body.detail.0.*",
      "answers.27.body.detail.1: absent -> *",
      "answers.28.body.detail.0.*",
      "answers.29.body.detail.0.*",
      "answers.31.body.detail.0.*",
    ],
    reason: "the fault is told at the field itself, by the name of the rule that it breaks",
  },
  {
    scenarios: ["secrets set later"],
    at: ["answers.4.*", "answers.5.body.detail.*"],
    reason:
      "answered with 422 where the reference fails with 500; what a secret may be is told for every form of it",
  },
  {
    scenarios: [
      "a message that is no user's",
      "a tool that is nowhere",
      "events that are not there",
      "searches for conversations that are refused",
    ],
    at: ["answers.*"],
    reason: "answered sensibly with 404 or 422 where the reference fails with 500, or later",
  },
];

/** Whether a whole line is what the pattern describes. */
export function matches(pattern: string, line: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  if (!line.startsWith(first)) return false;
  let from = first.length;
  for (const [index, part] of rest.entries()) {
    const isLast = index === rest.length - 1;
    const found = isLast ? line.length - part.length : line.indexOf(part, from);
    if (found < from || !line.startsWith(part, found)) return false;
    from = found + part.length;
  }
  return from === line.length;
}
