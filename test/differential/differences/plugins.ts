import type { Difference } from "./difference.ts";

const REFERENCES = "references that lead to no plugin";
const FETCHED = "a plugin that is fetched, and the failures of that";

/** Plugins. */
export const PLUGIN_DIFFERENCES: readonly Difference[] = [
  {
    scenarios: [
      "a plugin of the request, by path",
      "two plugins of the request, with hooks of the request and the same skill in both",
      "plugins that lie in the project",
      "marketplaces that load by themselves",
      "a plugin that is loaded later",
    ],
    at: ["frames.* HookExecutionEvent.isWhatIsStored: false -> true"],
    reason: "frames of the reference lack the parent that it stores",
  },
  {
    scenarios: [REFERENCES],
    at: ['answers.*.body.detail: "Local plugin path does not exist: *" -> "repo_path not found: *"'],
    reason: "a folder of a marketplace is named as the marketplace names it",
  },
  {
    scenarios: [REFERENCES],
    at: ["answers.*.body.detail.0.input: null -> {}"],
    reason: "a body without its field is shown as it came",
  },
  {
    scenarios: [FETCHED],
    at: ['answers.*.body.detail.message: "Invalid plugin*" -> *'],
    reason: "what is wrong with a source or a manifest is said in our own words; clients read the code",
  },
];
