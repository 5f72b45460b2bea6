import { call, finish, run, type Scenario, think } from "../scenario.ts";

export const replyScenarios: Scenario[] = [
  { name: "plain text answer", script: [{ text: "Hello." }] },
  { name: "finish at once", script: [finish] },
  { name: "thinking", script: [think("Hm."), finish] },
  {
    name: "reasoning kept beside the action",
    script: [{ ...think("a"), reasoning: "I should look." }, finish],
  },
  { name: "reasoning beside text", script: [{ text: "Hello.", reasoning: "Be kind." }] },
  {
    name: "several calls in one answer",
    script: [
      {
        text: "Both.",
        calls: [
          { name: "terminal", args: { command: "echo a" } },
          { name: "think", args: { thought: "b" } },
        ],
      },
      finish,
    ],
  },
  {
    name: "several calls and finish in one answer",
    script: [
      {
        calls: [
          { name: "think", args: { thought: "a" } },
          { name: "finish", args: { message: "Done." } },
        ],
      },
    ],
  },
  {
    name: "a call after finish in one answer",
    script: [
      {
        calls: [
          { name: "finish", args: { message: "Done." } },
          { name: "think", args: { thought: "a" } },
        ],
      },
    ],
  },
  { name: "an unknown tool", script: [call("nope", { x: 1 }), finish] },
  {
    name: "an unknown tool beside a known one",
    script: [
      {
        calls: [
          { name: "think", args: { thought: "a" } },
          { name: "nope", args: {} },
        ],
      },
      finish,
    ],
  },
  { name: "malformed arguments", script: [call("terminal", '{"command": "echo'), finish] },
  { name: "arguments that are a list", script: [call("terminal", '["echo"]'), finish] },
  { name: "empty arguments", script: [call("task_tracker", ""), finish] },
  {
    name: "wrong argument types",
    script: [call("terminal", { command: "echo hi", timeout: "soon" }), finish],
  },
  {
    name: "numbers and truths as text",
    script: [run("echo hi", { timeout: "5", is_input: "false" }), finish],
  },
  { name: "an unknown argument", script: [call("think", { thought: "a", extra: 1 }), finish] },
  { name: "a missing argument", script: [call("think", {}), finish] },
  { name: "null arguments", script: [run("echo hi", { timeout: null, is_input: null }), finish] },
  {
    name: "ids that begin anew with every reply",
    script: [
      { ...think("a"), sameIds: true },
      { ...think("b"), sameIds: true },
      { ...finish, sameIds: true },
    ],
  },
  { name: "empty replies", script: [{ text: "" }, finish] },
  { name: "reasoning only", script: [{ reasoning: "Hm." }, finish] },
  { name: "nothing but empty replies", script: [{ text: "" }] },
  { name: "an answer that was cut", script: [{ text: "I was about to", finishReason: "length" }] },
  {
    name: "a task list",
    script: [
      call("task_tracker", { command: "view" }),
      call("task_tracker", {
        command: "plan",
        task_list: [
          { title: "a", notes: "why", status: "todo" },
          { title: "b", status: "in_progress" },
          { title: "c", notes: "", status: "done" },
        ],
      }),
      call("task_tracker", { command: "view" }),
      call("task_tracker", { command: "plan", task_list: [] }),
      call("task_tracker", {}),
      finish,
    ],
  },
  {
    name: "a task list as JSON text",
    script: [
      call("task_tracker", { command: "plan", task_list: '[{"title":"a","notes":"","status":"done"}]' }),
      finish,
    ],
  },
  {
    name: "a task of unknown status",
    script: [call("task_tracker", { command: "plan", task_list: [{ title: "a", status: "later" }] }), finish],
  },
  { name: "too many iterations", script: [run("true")], request: { max_iterations: 2 } },
  { name: "the same action again and again", script: [run("true")] },
  { name: "the same mistake again and again", script: [call("nope", {})] },
  {
    name: "two actions in turn",
    script: Array.from({ length: 20 }, (_, turn) => think(turn % 2 ? "a" : "b")),
  },
  {
    name: "no stuck detection",
    script: [think("a"), think("a"), think("a"), think("a"), think("a"), finish],
    request: { stuck_detection: false },
  },
  {
    name: "a tool of the client",
    script: [call("show_map", { place: "Oslo", zoom: 3 }), call("show_map", {}), finish],
    request: {
      client_tools: [
        {
          name: "show_map",
          description: "Shows a map",
          parameters: {
            type: "object",
            properties: { place: { type: "string" }, zoom: { type: "integer" } },
            required: ["place"],
          },
        },
      ],
    },
  },
  {
    name: "no tools but finish",
    script: [run("echo hi"), finish],
    agent: { tools: [], include_default_tools: ["FinishTool"] },
  },
  {
    name: "some tools filtered out",
    script: [run("echo hi"), finish],
    agent: { filter_tools_regex: "^(file_editor|task_tracker)$" },
  },
  {
    name: "calls side by side",
    agent: { tool_concurrency_limit: 4 },
    script: [
      {
        calls: [
          { name: "think", args: { thought: "a" } },
          { name: "think", args: { thought: "b" } },
          { name: "task_tracker", args: { command: "view" } },
        ],
      },
      finish,
    ],
  },
];
