import { describe, expect, it } from "vitest";
import { createServer } from "../../src/server/create-server.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { action } from "../../src/wire/events/actions.ts";
import { observation } from "../../src/wire/events/observations.ts";

/** The least that a call of each kind has, and what it is read as. */
const ACTIONS: Record<string, [input: object, read?: object]> = {
  TerminalAction: [{ command: "ls" }, { is_input: false, timeout: null, reset: false }],
  FileEditorAction: [
    { command: "view", path: "/a" },
    { file_text: null, insert_line: null, view_range: null },
  ],
  PlanningFileEditorAction: [
    { command: "view", path: "/a" },
    { old_str: null, new_str: null },
  ],
  TaskTrackerAction: [
    { task_list: [{ title: "a" }] },
    { command: "view", task_list: [{ title: "a", notes: "", status: "todo" }] },
  ],
  FinishAction: [{ message: "done" }],
  ThinkAction: [{ thought: "hm" }],
  InvokeSkillAction: [{ name: "pdf" }],
  SwitchLLMAction: [{ profile_name: "big", reason: "hard" }],
  VisionInspectAction: [{ image_index: 0, question: "what?" }, { profile_name: null }],
  ClassifyAndSwitchLLMAction: [{}],
  AskOracleAction: [{ question: "why?" }, { context: null }],
  StartChildConversationAction: [{ task: "go" }, { title: null, isolation: "worktree" }],
  MCPToolAction: [{}, { data: {} }],
  TaskAction: [{ prompt: "go" }, { description: null, subagent_type: "general-purpose", resume: null }],
  DelegateAction: [{ command: "spawn" }, { ids: null, agent_types: null, tasks: null }],
  WorkflowAction: [{ name: "w", script: "s" }, { max_concurrency: 8 }],
  ReadFileAction: [{ file_path: "a" }, { offset: null, limit: null }],
  WriteFileAction: [{ file_path: "a", content: "" }],
  EditAction: [{ file_path: "a", old_string: "x", new_string: "y" }, { expected_replacements: 1 }],
  ListDirectoryAction: [{}, { dir_path: ".", recursive: false }],
  GlobAction: [{ pattern: "*" }, { path: null }],
  GrepAction: [{ pattern: "x" }, { path: null, include: null }],
  BrowserNavigateAction: [{ url: "https://a" }, { new_tab: false }],
  BrowserClickAction: [{ index: 1 }, { new_tab: false }],
  BrowserTypeAction: [{ index: 1, text: "x" }],
  BrowserScrollAction: [{}, { direction: "down" }],
  BrowserGetStateAction: [{}, { include_screenshot: false }],
  BrowserGetContentAction: [{}, { extract_links: false, start_from_char: 0 }],
  BrowserSwitchTabAction: [{ tab_id: "1" }],
  BrowserCloseTabAction: [{ tab_id: "1" }],
  BrowserSetStorageAction: [{ storage_state: { cookies: [] } }],
  BrowserGoBackAction: [{}],
  BrowserListTabsAction: [{}],
  BrowserGetStorageAction: [{}],
  BrowserStartRecordingAction: [{}],
  BrowserStopRecordingAction: [{}],
  BrowserAction: [{}],
};

const EDITED = { path: null, prev_exist: true, old_content: null, new_content: null };
const OBSERVATIONS: Record<string, [input: object, read?: object]> = {
  TerminalObservation: [
    { command: null },
    {
      exit_code: null,
      timeout: false,
      metadata: expect.objectContaining({ exit_code: -1 }),
      full_output_save_dir: null,
    },
  ],
  FileEditorObservation: [{ command: "view" }, EDITED],
  PlanningFileEditorObservation: [{ command: "view" }, EDITED],
  TaskTrackerObservation: [{ command: "plan" }, { task_list: [] }],
  FinishObservation: [{}],
  ThinkObservation: [{}],
  ClientToolObservation: [{}],
  InvokeSkillObservation: [{ skill_name: "pdf" }],
  SwitchLLMObservation: [{ profile_name: "big" }, { reason: null, active_model: null }],
  VisionInspectObservation: [
    { image_index: 0, question: "what?" },
    { profile_name: null, model: null, base_url: null, answer: null },
  ],
  ClassifyAndSwitchLLMObservation: [{}, { chosen_class: null, model: null, active_model: null }],
  AskOracleObservation: [{}],
  StartChildConversationObservation: [
    {},
    {
      conversation_id: null,
      parent_conversation_id: null,
      status: null,
      title: null,
      url: null,
      workspace: null,
      isolation: null,
    },
  ],
  MCPToolObservation: [{ tool_name: "x" }],
  TaskObservation: [{ task_id: "t", subagent: "s", status: "completed" }],
  DelegateObservation: [{ command: "spawn" }],
  WorkflowObservation: [{ name: "w", status: "completed" }],
  ReadFileObservation: [
    { file_path: "a" },
    { file_content: "", is_truncated: false, lines_shown: null, total_lines: null },
  ],
  WriteFileObservation: [{}, { file_path: null, is_new_file: false, old_content: null, new_content: null }],
  EditObservation: [
    {},
    { file_path: null, is_new_file: false, replacements_made: 0, old_content: null, new_content: null },
  ],
  ListDirectoryObservation: [{}, { dir_path: null, entries: [], total_count: 0, is_truncated: false }],
  GlobObservation: [{ files: [], pattern: "*", search_path: "/" }, { truncated: false }],
  GrepObservation: [
    { matches: [], pattern: "x", search_path: "/" },
    { include_pattern: null, truncated: false },
  ],
  BrowserObservation: [{}, { screenshot_data: null, full_output_save_dir: null }],
};

const kinds = (table: Record<string, [object, object?]>) =>
  Object.entries(table).map(([kind, [input, read = {}]]) => ({ kind, input, read }));

describe("calls of every tool of the reference", () => {
  it.each(kinds(ACTIONS))(
    "$kind is read with its defaults, and has exactly the keys of the reference",
    ({ kind, input, read }) => {
      const parsed = action.parse({ ...input, stray: 1, kind });
      expect(parsed).toEqual({ ...EDITOR_NULLS[kind], ...input, ...read, kind });
      expect(Object.keys(parsed).at(-1)).toBe("kind");
    },
  );
});

/** Arguments of the editors that the table above does not repeat. */
const NULLS = { file_text: null, old_str: null, new_str: null, insert_line: null, view_range: null };
const EDITOR_NULLS: Record<string, object> = { FileEditorAction: NULLS, PlanningFileEditorAction: NULLS };

describe("results of every tool of the reference", () => {
  it.each(kinds(OBSERVATIONS))(
    "$kind is read with its defaults, and has exactly the keys of the reference",
    ({ kind, input, read }) => {
      const parsed = observation.parse({ ...input, stray: 1, kind });
      expect(parsed).toEqual({ content: [], is_error: false, ...input, ...read, kind });
      expect(Object.keys(parsed).at(-1)).toBe("kind");
    },
  );
});

describe("what no schema knows", () => {
  it("is read as it is: a log stays readable", () => {
    const odd = { pattern: 3, kind: "GlobAction" };
    expect(action.parse(odd)).toEqual(odd);
    const own = { anything: null, kind: "ClientAction_order" };
    expect(action.parse(own)).toEqual(own);
    expect(observation.parse({ odd: 1, kind: "OddObservation" })).toEqual({
      content: [],
      is_error: false,
      odd: 1,
      kind: "OddObservation",
    });
  });
});

it("the document of the server describes each of them by its name", async () => {
  await using server = createServer({ apiKeys: ["k"], store: memoryStore(), logger: "silent" });
  const { components } = server.openapi() as { components: { schemas: Record<string, unknown> } };
  const missing = [
    "Action",
    "Observation",
    ...Object.keys(ACTIONS),
    ...Object.keys(OBSERVATIONS),
    "SecurityAnalysisEvent",
  ].filter((name) => !(name in components.schemas));
  expect(missing).toEqual([]);
});
