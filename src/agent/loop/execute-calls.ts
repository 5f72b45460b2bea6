import { AgentServerError, messageOf } from "../../errors.ts";
import type { OpenTool } from "../../tools/toolbox/open-tool.ts";
import { untilAborted } from "../../waiting.ts";
import type { ActionEvent, ObservationEvent } from "../../wire/events/events.ts";
import type { Observation } from "../../wire/events/observations.ts";
import { unknownTool } from "../calls/tool-calls.ts";
import { AGENT_OUTCOME, INTERNAL_FAILURE } from "../error-classification.ts";
import { type CallResult, callError, INTERRUPTED, rejection } from "./call-results.ts";
import type { Extensions } from "./extensions/extensions.ts";
import { type ScheduledTask, schedule } from "./schedule.ts";
import type { AgentSession } from "./session.ts";

const NOT_STARTED = "Tool call cancelled by interrupt.";
const AFTER_FINISH =
  "This call was not run: the finish call before it in the same response ended the work. Call it again if it is needed.";

export interface Execution {
  session: AgentSession;
  signal: AbortSignal;
  extensions: Extensions;
}

/**
 * Runs the open calls, as many at once as the agent allows, and answers each of them in the log. Resolves with true
 * when the agent has finished. Calls that extensions refuse are answered without running. A tool that fails does not
 * make this reject; after an abort the open calls are answered first.
 *
 * Each result is stored as soon as it and all results before it are there. The reference stores the results of a reply
 * when the last one is there; its clients rely on the order, which is the same, not on the time.
 */
export async function executeCalls(execution: Execution): Promise<boolean> {
  const { session, extensions } = execution;
  const open = session.view.pending();
  const calls = callsUpToFinish(open);
  await extensions.calls.judgeStored(calls, execution);
  const { blocked_actions: refused } = session.state;
  await session.update({ blocked_actions: {} });
  const tasks = await Promise.all(calls.map((action) => taskFor(action, refused[action.id], execution)));
  let last: CallResult | undefined;
  for (const [index, result] of schedule(tasks, session.state.agent.tool_concurrency_limit).entries()) {
    last = await result;
    const action = calls[index];
    if (action && last.kind === "ObservationEvent") await extensions.afterTool(action, last, execution);
    else await session.append([last]);
  }
  const dropped = open.slice(calls.length).map((action) => callError(action, AFTER_FINISH));
  if (dropped.length > 0) await session.append(dropped);
  return calls.at(-1)?.tool_name === "finish" && last?.kind === "ObservationEvent";
}

/** The calls of a reply that may run: those up to the first finish. */
export function callsUpToFinish<Call extends { tool_name: string }>(
  actions: readonly Call[],
): readonly Call[] {
  const finish = actions.findIndex((action) => action.tool_name === "finish");
  return finish === -1 ? actions : actions.slice(0, finish + 1);
}

async function taskFor(
  action: ActionEvent,
  refusal: string | undefined,
  { session, signal }: Execution,
): Promise<ScheduledTask<CallResult>> {
  if (refusal !== undefined) return answered(rejection(action, refusal, "hook"));
  const { tools } = session;
  const { tool_name: name, action: stored } = action;
  if (!stored) return answered(callError(action, `The call of tool '${name}' could not be understood.`));
  // Made from the event alone, so that a call confirmed after a restart takes the same path as any other.
  const tool = tools.get(name);
  if (tool === undefined) return answered(callError(action, unknownTool(name, tools)));
  const restored = tool.restore(stored);
  if ("error" in restored) return answered(callError(action, restored.error));
  const { input } = restored;
  return {
    // After an interrupt the call is answered without being started.
    resources: await untilAborted(tool.resources(input), signal).catch(() => []),
    run: () => runCall(tool, action, { input, session, signal }),
  };
}

function answered(result: CallResult): ScheduledTask<CallResult> {
  return { resources: [], run: async () => result };
}

async function runCall(
  tool: OpenTool,
  action: ActionEvent,
  { input, session, signal }: { input: unknown; session: AgentSession; signal: AbortSignal },
): Promise<CallResult> {
  if (signal.aborted) return callError(action, NOT_STARTED);
  const { tool_name, tool_call_id } = action;
  try {
    await session.mayBegin?.(signal);
    const running = tool.run(input, { toolCallId: tool_call_id, actionId: action.id, signal });
    return observed(action, await untilAborted(running, signal));
  } catch (error) {
    if (signal.aborted) return callError(action, INTERRUPTED);
    const classification = isRefusal(error) ? AGENT_OUTCOME : INTERNAL_FAILURE;
    return callError(action, `Error executing tool '${tool_name}': ${messageOf(error)}`, classification);
  }
}

/** The result of a call that has brought an observation. */
export function observed(action: ActionEvent, observation: Observation): CallResult {
  return {
    kind: "ObservationEvent",
    source: "environment",
    tool_name: action.tool_name,
    tool_call_id: action.tool_call_id,
    // Observations of a tool may have any key; the log takes them as they are.
    observation: observation as ObservationEvent["observation"],
    action_id: action.id,
    extended_content: [],
  };
}

/** Whether a tool has refused its arguments, as opposed to having failed. */
function isRefusal(error: unknown): boolean {
  return AgentServerError.is(error) && error.status < 500;
}
