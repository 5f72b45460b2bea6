import type { TaskResult } from "../../../tools/delegation.ts";
import type { Task } from "./tasks.ts";

/** Characters of all reports, and of all reasons, that are shown. */
const MAX_WORDS = 30_000;
/** Tasks of each kind that are shown. */
const MAX_SHOWN = 200;

/** A task whose call the end of the process has left open, and how it stands. */
export interface CutTask extends Omit<TaskResult, "taskId"> {
  task: Task;
  /** A few words about it, if the agent gave any. */
  title: string | null;
}

/** The words for a workflow that does not go on: which of its work is done, and what can be resumed. */
export function wordsOfWorkflow(tasks: readonly CutTask[]): string {
  const done = tasks.filter(({ status }) => status === "completed");
  const cut = tasks.filter(({ status }) => status !== "completed");
  const parts = [
    "The server restarted while this workflow was running, and the script does not go on. Write another for what is left, and " +
      "do not hand out again what is done.",
    ...section("These sub-agents had finished, with these reports", done),
    ...section(
      "These were cut short or had failed. What they had done is kept: the tool `task` lets one go on, by resume",
      cut,
    ),
  ];
  return parts.join("\n\n");
}

function section(heading: string, tasks: readonly CutTask[]): string[] {
  if (tasks.length === 0) return [];
  const shown = tasks.slice(0, MAX_SHOWN);
  const most = Math.floor(MAX_WORDS / shown.length);
  const lines = shown.map(({ task, title, text }) => {
    const about = title === null ? task.subagent : `${task.subagent}, ${title}`;
    return `- ${task.id} (${about}): ${text.length > most ? `${text.slice(0, most)}…` : text}`;
  });
  if (tasks.length > shown.length) lines.push(`- and ${tasks.length - shown.length} more`);
  return [`${heading}:\n${lines.join("\n")}`];
}
