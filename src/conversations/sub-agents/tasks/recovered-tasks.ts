import type { CallResult } from "../../../agent/loop/call-results.ts";
import { maskObservation } from "../../../secrets/masking/mask-observation.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import { text } from "../../../wire/events/message.ts";
import type { Observation } from "../../../wire/events/observations.ts";
import { type DelegatingConversation, tasksOf } from "../open-delegation.ts";
import { combinedMetrics, usageOf } from "./combined-metrics.ts";
import type { Task } from "./tasks.ts";

/**
 * Answers calls of `task` that the end of the process has left open, by what the sub-agents had done: a task that was
 * finished has its report, one that was cut short can be resumed. Calls that no sub-agent was started for are left out.
 * What the sub-agents have used is taken over.
 */
export async function recoveredTasks(
  calls: readonly ActionEvent[],
  conversation: DelegatingConversation,
): Promise<ReadonlyMap<string, CallResult>> {
  const tasks = tasksOf(conversation);
  const results = new Map<string, CallResult>();
  for (const action of calls) {
    const task = await tasks.ofCall(action.tool_call_id);
    const observation = task && (await observationOf(task, conversation));
    if (observation === undefined) continue;
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

/** Loading the sub-agent repairs its own run. Undefined for one that was not stored. */
async function observationOf(
  task: Task,
  { context, keeper }: DelegatingConversation,
): Promise<Observation | undefined> {
  const [record] = await context.store.conversations.find([task.conversation_id], []);
  if (record === undefined) return undefined;
  const hasBegun = record.eventCount > task.from;
  return context.drivers.use(task.conversation_id, async (worker) => {
    keeper.append([keeper.recordTask(usageOf(task.id), combinedMetrics(worker.stats))]).catch(() => {});
    const { status, text: words } = hasBegun ? await worker.outcome() : NOT_BEGUN;
    return {
      content: [text(status === "completed" ? words : cutShort(task, words))],
      is_error: status === "error",
      task_id: task.id,
      subagent: task.subagent,
      status,
      kind: "TaskObservation",
    } as Observation;
  });
}

const NOT_BEGUN = { status: "error", text: "It had not begun with this." } as const;

function cutShort({ id }: Task, reason: string): string {
  return (
    `The server restarted while the sub-agent was working. What it had done is kept: call this tool with resume "${id}" to let ` +
    `it go on.\n${reason}`
  );
}
