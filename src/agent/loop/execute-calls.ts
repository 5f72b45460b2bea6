import { AgentServerError, messageOf } from "../../errors.ts";
import type { OpenTool } from "../../tools/toolbox/open-tool.ts";
import { untilAborted } from "../../waiting.ts";
import type { ActionEvent, ObservationEvent } from "../../wire/events/events.ts";
import { unknownTool } from "../calls/tool-calls.ts";
import { AGENT_OUTCOME, INTERNAL_FAILURE } from "../error-classification.ts";
import { type CallResult, callError, INTERRUPTED, rejection } from "./call-results.ts";
import { schedule } from "./schedule.ts";
import type { AgentSession } from "./session.ts";

const NOT_STARTED = "Tool call cancelled by interrupt.";
const AFTER_FINISH =
  "This call was not run: the finish call before it in the same response ended the work. Call it again if it is needed.";

/**
 * Runs calls, as many at once as the agent allows, and answers every one of them in the log. Gives true when the
 * agent finished. Nothing a tool does makes it reject; after an abort it answers what is open and resolves.
 *
 * Each result is written as soon as it and all before it are there. The reference writes a batch's results when the
 * last one is ready; its clients take them in the order of the actions and do not care when they come.
 */
export async function executeCalls(
  session: AgentSession,
  actions: readonly ActionEvent[],
  signal: AbortSignal,
): Promise<boolean> {
  const finish = actions.findIndex((action) => action.tool_name === "finish");
  const executed = finish === -1 ? actions : actions.slice(0, finish + 1);
  const blocked = await takeBlocked(session, executed);
  const tasks = await Promise.all(
    executed.map((action) => taskFor(session, action, { signal, reason: blocked[action.id] })),
  );
  let last: CallResult | undefined;
  for (const result of schedule(tasks, session.state.agent.tool_concurrency_limit)) {
    last = await result;
    await session.append([last]);
  }
  const dropped = actions.slice(executed.length).map((action) => callError(action, AFTER_FINISH));
  if (dropped.length > 0) await session.append(dropped);
  return finish !== -1 && last?.kind === "ObservationEvent";
}

/** Calls that a hook refused, by id; they are struck from the state. */
async function takeBlocked(
  session: AgentSession,
  actions: readonly ActionEvent[],
): Promise<Record<string, string>> {
  const taken: Record<string, string> = {};
  const left = { ...session.state.blocked_actions };
  for (const { id } of actions) {
    const reason = left[id];
    if (reason === undefined) continue;
    taken[id] = reason;
    delete left[id];
  }
  if (Object.keys(taken).length > 0) await session.update({ blocked_actions: left });
  return taken;
}

interface CallOptions {
  signal: AbortSignal;
  /** Why a hook refuses the call. */
  reason: string | undefined;
}

async function taskFor(session: AgentSession, action: ActionEvent, { signal, reason }: CallOptions) {
  const { tools } = session;
  if (reason !== undefined) return answered(rejection(action, reason, "hook"));
  const { tool_name: name, action: asked } = action;
  if (!asked) return answered(callError(action, `The call of tool '${name}' could not be understood.`));
  // From the event alone, so that a call confirmed after a restart goes the same way as any other.
  const tool = tools.get(name);
  if (tool === undefined) return answered(callError(action, unknownTool(name, tools)));
  const restored = tool.restore(asked);
  if ("error" in restored) return answered(callError(action, restored.error));
  const { input } = restored;
  return {
    // After an interrupt the call is answered without being started.
    resources: await untilAborted(tool.resources(input), signal).catch(() => []),
    run: () => runCall(tool, action, { input, signal }),
  };
}

function answered(result: CallResult) {
  return { resources: [], run: async () => result };
}

async function runCall(
  tool: OpenTool,
  action: ActionEvent,
  { input, signal }: { input: unknown; signal: AbortSignal },
): Promise<CallResult> {
  if (signal.aborted) return callError(action, NOT_STARTED);
  const { tool_name, tool_call_id } = action;
  try {
    const running = tool.run(input, { toolCallId: tool_call_id, signal });
    const observation = await untilAborted(running, signal);
    return {
      kind: "ObservationEvent",
      source: "environment",
      tool_name,
      tool_call_id,
      // A tool's own observations are open to any key; the log takes them as they are.
      observation: observation as ObservationEvent["observation"],
      action_id: action.id,
      extended_content: [],
    };
  } catch (error) {
    if (signal.aborted) return callError(action, INTERRUPTED);
    const classification = isOfTheAgent(error) ? AGENT_OUTCOME : INTERNAL_FAILURE;
    return callError(action, `Error executing tool '${tool_name}': ${messageOf(error)}`, classification);
  }
}

/** A tool that refuses what it was asked for, as opposed to one that broke. */
function isOfTheAgent(error: unknown): boolean {
  return AgentServerError.is(error) && error.status < 500;
}
