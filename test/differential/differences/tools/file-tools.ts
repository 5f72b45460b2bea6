import type { Difference } from "../difference.ts";

const TEXT = "log.* ObservationEvent.observation.content.0.text: *";
const MATCHES = "log.* ObservationEvent.observation.matches.*: absent -> *";
const FILES = "log.* ObservationEvent.observation.files.*";

/** What the tools that read, change and search files do otherwise. */
export const FILE_TOOL_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      "search: text in any case, the newest first",
      "search: text in some files",
      "search: text of names in braces and folders",
      "search: expressions that only some engines take",
      "search: mistakes",
      "search: what git ignores",
      "search: ignored files without a repository",
      "search: names",
      "search: names in folders",
      "search: names that git ignores",
      "search: every name",
      "search: more than a hundred files",
      "patch: parts that do not fit",
      "patch: no patches",
      "patch: paths that lead out",
      "gemini: read a file",
      "gemini: read a long file",
      "gemini: read mistakes",
      "gemini: write files",
      "gemini: edit mistakes",
      "planning: the plan alone is changed",
      "planning: a plan that lies elsewhere",
    ],
    at: [TEXT],
    reason: "our own words; fields, contents and success are compared",
  },
  {
    scenarios: ["search: text of names in braces and folders"],
    at: [MATCHES],
    reason: "the reference advertises names in braces and finds none of them, nor any in a folder",
  },
  {
    scenarios: ["search: expressions that only some engines take"],
    at: [MATCHES, "log.11 ObservationEvent.observation.is_error: false -> true"],
    reason:
      "braces that repeat nothing and line feeds are searched for, and an expression that cannot be is refused: the reference says that nothing was found",
  },
  {
    scenarios: ["search: names in folders", "search: names that git ignores"],
    at: [FILES],
    reason:
      "a pattern with a slash starts in the searched folder, not where the server was started; the newest come first, not the folders",
  },
  {
    scenarios: ["search: every name"],
    at: [FILES],
    reason: "what is hidden or ignored is found when a pattern names it, and stars alone do not",
  },
  {
    scenarios: ["patch: a new file"],
    at: [TEXT, "log.* ObservationEvent.observation.commit.changes.deep/new.txt.new_content: *"],
    reason: "the last line of a new file ends like the others",
  },
  {
    scenarios: ["patch: line ends of Windows", "gemini: edit line ends of Windows"],
    at: [TEXT],
    reason: "a file keeps its line ends",
  },
  {
    scenarios: ["gemini: read mistakes"],
    at: [
      "log.20 ObservationEvent.observation.is_error: true -> false",
      "log.20 ObservationEvent.observation.total_lines: absent -> 0",
      "log.18 MessageEvent.llm_message.content.0.text: \"You've called *",
    ],
    reason: "an empty file can be read; the words about a call that fails again and again are ours",
  },
  {
    scenarios: ["gemini: list directories"],
    at: [TEXT],
    reason: "the model sees the entries, too, not only how many there are",
  },
  {
    scenarios: ["planning: the prompt"],
    at: [
      'log.0 SystemPromptEvent.system_prompt.text: "You are a Planning Agent *" -> "You are a planning agent. *"',
    ],
    reason: "the first sentence is ours; the sections are the same",
  },
];
