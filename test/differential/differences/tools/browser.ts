import type { Difference } from "../difference.ts";

const textOf = (place: number) => `log.${place} ObservationEvent.observation.content.0.text: *`;
const failsAt = (place: number) => `log.${place} ObservationEvent.observation.is_error: false -> true`;

/** What the browser's tools do otherwise. */
export const BROWSER_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      "browser: pages opened and read",
      "browser: the state of a page",
      "browser: elements that are not there",
      "browser: a page scrolled",
      "browser: the way back",
      "browser: tabs",
      "browser: what sites store",
      "browser: a recording",
      "browser: hosts that the agent's settings allow",
    ],
    at: [
      'log.* ObservationEvent.observation.content.0.text: "Navigated to: *" -> "Navigated to: */pages/* (*)"',
    ],
    reason: "the title of the page is told with its address",
  },
  {
    scenarios: ["browser: pages opened and read"],
    at: [textOf(7), textOf(9), textOf(13)],
    reason: "the same frame around a page as other Markdown of it",
  },
  {
    scenarios: ["browser: pages opened and read"],
    at: [textOf(15), failsAt(15)],
    reason: "a page that could not be opened is not called opened",
  },
  {
    scenarios: ["browser: the state of a page"],
    at: [textOf(7), textOf(9)],
    reason: "elements have numbers of this browser, which are given once, and more is told of them",
  },
  {
    scenarios: ["browser: elements that are not there"],
    at: [textOf(7), textOf(9), textOf(11), failsAt(7), failsAt(9), failsAt(11)],
    reason: "what could not be done is an error, and the model reads what to do",
  },
  {
    scenarios: ["browser: a page scrolled"],
    at: [textOf(7), textOf(9), textOf(11)],
    reason: "the part of the page that is visible then is told",
  },
  {
    scenarios: ["browser: the way back"],
    at: ['log.9 ObservationEvent.observation.content.0.text: "Navigated back" -> "Navigated back to: *"'],
    reason: "the page that it led back to is told",
  },
  {
    scenarios: ["browser: the way back"],
    at: [textOf(11)],
    reason: "the same frame around a page as other Markdown of it",
  },
  {
    scenarios: ["browser: tabs"],
    at: [
      'log.7 ObservationEvent.observation.content.0.text: "Opened new tab with URL: *" -> "Opened new tab 0002 with URL: * (*)"',
      'log.9 ObservationEvent.observation.content.0.text: "[*\\"tab_id\\": *" -> "[*\\"tab_id\\": *"',
      'log.* ObservationEvent.observation.content.0.text: "Browser operation failed: *" -> "There is no tab *"',
    ],
    reason: "tabs have ids that say their order, and a new one is named at once",
  },
  {
    scenarios: ["browser: what sites store"],
    at: [
      'log.7 ObservationEvent.observation.content.0.text: "{*\\"cookies\\": [*" -> "{*\\"cookies\\": [*"',
      'log.9 ObservationEvent.observation.content.0.text: "Storage set successfully" -> "Storage set successfully: *"',
      'log.11 ObservationEvent.observation.content.0.text: "{*\\"cookies\\": [*" -> "{*\\"cookies\\": [*"',
    ],
    reason: "the same cookies and sites with some fields more, and their number",
  },
  {
    scenarios: ["browser: a recording"],
    at: [textOf(5), failsAt(5)],
    reason: "to stop what has not begun is an error",
  },
  {
    scenarios: ["browser: a recording"],
    at: [textOf(9), textOf(11), textOf(15)],
    reason: "the released reference lacks the file with its recorder and cannot record",
  },
  {
    scenarios: ["browser: hosts that the agent's settings allow"],
    at: [textOf(7), failsAt(7)],
    reason: "a page that could not be opened is not called opened",
  },
];
