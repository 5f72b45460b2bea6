import { type Message, textOf } from "../../wire/events/message.ts";
import type { ToolSchema } from "../llm.ts";

/** One reply of the demo model. */
export interface DemoStep {
  say: string;
  call?: { tool: string; arguments: Record<string, unknown> };
}

interface PastCall {
  tool: string;
  arguments: Record<string, unknown>;
  /** The tool's answer; undefined while there is none. */
  result: string | undefined;
}

const LOOK = "pwd && ls -A1";
const GREET =
  'echo "Hello from $(uname -s)" && (git status --short --branch 2>/dev/null || echo "no git repository")';

const TASKS = ["Look around the workspace", "Write NOTES.md", "Sum up what was found"];

/**
 * Chooses the next step of the tour: look around, plan, look closer, write NOTES.md, tick off the plan, finish. The
 * step follows from the prompt alone, so that a restarted server continues where it stopped.
 */
export function nextTourStep(messages: readonly Message[], tools: readonly ToolSchema[]): DemoStep {
  const past = pastCalls(messages);
  const offered = new Set(tools.map((tool) => tool.name));
  const answered = messages.some((message) => message.role === "assistant" && !message.tool_calls?.length);
  if (answered || past.some((call) => call.tool === "finish")) return afterwards(messages);
  for (const step of [look, plan, greet, write, tickOff, finish]) {
    const next = step(past);
    if (next !== null && (next.call === undefined || offered.has(next.call.tool))) return next;
  }
  return { say: summary(past) };
}

type TourStep = (past: readonly PastCall[]) => DemoStep | null;

const look: TourStep = (past) => {
  if (past.some((call) => call.arguments.command === LOOK)) return null;
  return {
    say: "Welcome to the tour! I am a scripted model: I need no key, but the tools I use are real. First I look around.",
    call: { tool: "terminal", arguments: { command: LOOK, summary: "Look around the workspace" } },
  };
};

const plan: TourStep = (past) => {
  if (past.some((call) => call.tool === "task_tracker")) return null;
  return { say: "I keep a list of what I am going to do.", call: taskList(["done", "in_progress", "todo"]) };
};

const greet: TourStep = (past) => {
  if (past.some((call) => call.arguments.command === GREET)) return null;
  return {
    say: "Now a command that says hello and asks git about this place.",
    call: { tool: "terminal", arguments: { command: GREET, summary: "Say hello and check for git" } },
  };
};

const write: TourStep = (past) => {
  const directory = workingDirectory(past);
  if (directory === null) return null;
  const path = `${directory === "/" ? "" : directory}/NOTES.md`;
  const edits = past.filter((call) => call.tool === "file_editor" && call.arguments.path === path);
  const created = edits.find((call) => call.arguments.command === "create");
  const exists = filesSeen(past).includes("NOTES.md") || isFailure(created?.result);
  if (!exists && created === undefined) {
    return {
      say: "I write down what I have seen.",
      call: {
        tool: "file_editor",
        arguments: { command: "create", path, file_text: notes(past), summary: "Write NOTES.md" },
      },
    };
  }
  if (!exists || edits.some((call) => call.arguments.command === "insert")) return null;
  return {
    say: "There is a NOTES.md already, so I add to it at the top.",
    call: {
      tool: "file_editor",
      arguments: {
        command: "insert",
        path,
        insert_line: 0,
        new_str: notes(past),
        summary: "Add to NOTES.md",
      },
    },
  };
};

const tickOff: TourStep = (past) => {
  if (past.filter((call) => call.tool === "task_tracker").length > 1) return null;
  return { say: "Everything is done; I tick it off.", call: taskList(["done", "done", "done"]) };
};

const finish: TourStep = (past) => ({
  say: "",
  call: { tool: "finish", arguments: { message: summary(past), summary: "Finish the tour" } },
});

function taskList(states: readonly string[]): NonNullable<DemoStep["call"]> {
  const task_list = TASKS.map((title, index) => ({ title, notes: "", status: states[index] ?? "todo" }));
  return { tool: "task_tracker", arguments: { command: "plan", task_list, summary: "Update the task list" } };
}

function afterwards(messages: readonly Message[]): DemoStep {
  const words = lastUserText(messages);
  const quoted = words.length > 200 ? `${words.slice(0, 200)}…` : words;
  return {
    say:
      `You said: "${quoted}". The tour is over and I know nothing beyond it; what you saw is all in this ` +
      "conversation's events. For real work choose a real model, for example anthropic/claude-opus-4-8, with its key.",
  };
}

function summary(past: readonly PastCall[]): string {
  const directory = workingDirectory(past);
  if (directory === null)
    return "I could not look around, so this is a short tour: the terminal gave me no directory.";
  const failed = past.some((call) => call.tool === "file_editor" && isFailure(call.result));
  const written = past.some((call) => call.tool === "file_editor") && !failed;
  const count = filesSeen(past).length;
  return (
    `That was the tour of ${directory}: I found ${count} ${count === 1 ? "entry" : "entries"}, ran two commands` +
    `${written ? ", left what I saw in NOTES.md" : ""} and kept a task list. Every step is an event you can read again.`
  );
}

function notes(past: readonly PastCall[]): string {
  const files = filesSeen(past);
  const shown = files.slice(0, 20).map((name) => `- ${name}`);
  const more = files.length > shown.length ? [`- and ${files.length - shown.length} more`] : [];
  const list = files.length === 0 ? ["Nothing was here before these notes."] : [...shown, ...more];
  return `${["# Notes of the tour", "", `Working directory: ${workingDirectory(past)}`, "", "What was here:", "", ...list].join("\n")}\n`;
}

function workingDirectory(past: readonly PastCall[]): string | null {
  const result = past.find((call) => call.arguments.command === LOOK)?.result ?? "";
  return /^(\/.*)$/m.exec(result)?.[1]?.trim() ?? null;
}

/** The names that `ls` printed below the directory. Lines in brackets are remarks of the terminal. */
function filesSeen(past: readonly PastCall[]): string[] {
  const result = past.find((call) => call.arguments.command === LOOK)?.result ?? "";
  const lines = result.split("\n").map((line) => line.trim());
  const start = lines.findIndex((line) => line.startsWith("/")) + 1;
  return lines.slice(start).filter((line) => line !== "" && !line.startsWith("["));
}

/** Whether a result is one of the agent's errors or refusals. */
function isFailure(result: string | undefined): boolean {
  return (
    result !== undefined && /^(\[An error occurred|Error |Action rejected|Tool call cancelled)/.test(result)
  );
}

function pastCalls(messages: readonly Message[]): PastCall[] {
  const results = new Map(messages.map((message) => [message.tool_call_id, textOf(message.content, "\n")]));
  return messages.flatMap((message) =>
    (message.tool_calls ?? []).map((call) => ({
      tool: call.name,
      arguments: parseArguments(call.arguments),
      result: results.get(call.id),
    })),
  );
}

function parseArguments(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export function lastUserText(messages: readonly Message[]): string {
  const message = messages.findLast((candidate) => candidate.role === "user");
  return message === undefined ? "" : textOf(message.content, "\n");
}
