import type { CallResult } from "../../../agent/loop/call-results.ts";
import { maskObservation } from "../../../secrets/masking/mask-observation.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import { text } from "../../../wire/events/message.ts";
import type { Observation } from "../../../wire/events/observations.ts";
import { type DelegatingConversation, tasksOf } from "../open-delegation.ts";
import { combinedMetrics, usageOf } from "./combined-metrics.ts";
import { type CutTask, wordsOfWorkflow } from "./cut-workflow.ts";
import type { Task } from "./tasks.ts";

/** Name of the tool whose calls give many tasks. */
const WORKFLOW = "workflow";

/**
 * Answers calls that give tasks and that the end of the process has left open, by what the sub-agents had done: a task
 * that was finished has its report, one that was cut short can be resumed. A workflow does not go on, and its call has
 * the reports that its script had. Calls that no sub-agent was started for are left out. What the sub-agents have used
 * is taken over.
 */
export async function recoveredTasks(
  calls: readonly ActionEvent[],
  conversation: DelegatingConversation,
): Promise<ReadonlyMap<string, CallResult>> {
  const tasks = tasksOf(conversation);
  const results = new Map<string, CallResult>();
  for (const action of calls) {
    const ended = await endsOf(await tasks.ofCall(action.tool_call_id), conversation);
    const [first] = ended;
    if (first === undefined) continue;
    const observation = action.tool_name === WORKFLOW ? ofWorkflow(action, ended) : ofTask(first);
    const { tool_name, tool_call_id, id: action_id } = action;
    results.set(action_id, {
      kind: "ObservationEvent",
      source: "environment",
      tool_name,
      tool_call_id,
      observation: (await maskObservation(observation, await conversation.session.secretMask())) as never,
      action_id,
      extended_content: [],
    });
  }
  return results;
}

const NOT_BEGUN = { status: "error", text: "It had not begun with this." } as const;

/** Loads each sub-agent, which repairs its own run. Those that were not stored are left out. */
async function endsOf(
  tasks: readonly Task[],
  { context, keeper }: DelegatingConversation,
): Promise<CutTask[]> {
  const ended: CutTask[] = [];
  for (const task of tasks) {
    const [record] = await context.store.conversations.find([task.conversation_id], []);
    if (record === undefined) continue;
    const hasBegun = record.eventCount > task.from;
    const outcome = await context.drivers.use(task.conversation_id, async (worker) => {
      keeper.append([keeper.recordTask(usageOf(task.id), combinedMetrics(worker.stats))]).catch(() => {});
      return hasBegun ? worker.outcome() : NOT_BEGUN;
    });
    void context.drivers.leave(task.conversation_id);
    ended.push({ task, title: record.title, ...outcome });
  }
  return ended;
}

function ofTask({ task, status, text: words }: CutTask): Observation {
  return {
    content: [text(status === "completed" ? words : cutShort(task, words))],
    is_error: status === "error",
    task_id: task.id,
    subagent: task.subagent,
    status,
    kind: "TaskObservation",
  } as Observation;
}

function ofWorkflow({ action }: ActionEvent, ended: readonly CutTask[]): Observation {
  return {
    content: [text(wordsOfWorkflow(ended))],
    is_error: true,
    name: action?.kind === "WorkflowAction" ? action.name : "",
    status: "error",
    kind: "WorkflowObservation",
  } as Observation;
}

function cutShort({ id }: Task, reason: string): string {
  return (
    `The server restarted while the sub-agent was working. What it had done is kept: call this tool with resume "${id}" to let ` +
    `it go on.\n${reason}`
  );
}
