import type { Difference } from "./difference.ts";

const TEXT = "log.* ObservationEvent.observation.content.0.text: *";

/** What tools do otherwise. */
export const TOOL_DIFFERENCES: readonly Difference[] = [
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
    scenarios: ["secrets in what tools and the agent say"],
    at: [TEXT, "log.* ActionEvent.*", "answers.3.body.response: *"],
    reason: "secrets are masked in calls, in final answers and in Base64 too",
  },
  {
    scenarios: ["secrets replaced and given again"],
    at: [TEXT, "log.7 ObservationEvent.observation.command: *"],
    reason: "a secret is masked also after it got another value",
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
    scenarios: ["view folders"],
    at: ['log.11 ObservationEvent.observation.path: "*/a" -> "*/a/"'],
    reason: "the path is told as it was asked for",
  },
];
