import { messageOf } from "../../errors.ts";
import { untilAborted } from "../../waiting.ts";
import type { ActionEvent } from "../../wire/events/events.ts";
import { INTERNAL_FAILURE } from "../error-classification.ts";
import { type CallResult, callError, rejection } from "./call-results.ts";
import { type Execution, observed } from "./execute-calls.ts";
import { CUT_SHORT } from "./recovery.ts";

/**
 * Answers the calls that another server has begun and not ended, in their order, from what the machine has of each: its
 * result, or what still runs there, which is waited for. None is begun. After an abort this rejects, and the rest is
 * open.
 */
export async function answerCutCalls(execution: Execution): Promise<void> {
  const { session, extensions } = execution;
  const cut = session.view.pending().filter(({ id }) => session.cutCalls?.has(id));
  if (cut.length === 0) return;
  const { blocked_actions: refused } = session.state;
  const results = cut.map((action) => {
    const result = resultOf(action, refused[action.id], execution);
    result.catch(() => {});
    return [action, result] as const;
  });
  for (const [action, pending] of results) {
    const result = await pending;
    if (result.kind === "ObservationEvent") await extensions.afterTool(action, result, execution);
    else await session.append([result]);
    session.cutCalls?.delete(action.id);
  }
}

async function resultOf(
  action: ActionEvent,
  refusal: string | undefined,
  { session, signal }: Execution,
): Promise<CallResult> {
  if (refusal !== undefined) return rejection(action, refusal, "hook");
  const { tool_name: name, tool_call_id: toolCallId, id: actionId } = action;
  const tool = session.tools.get(name);
  const restored = action.action && tool?.restore(action.action);
  if (tool === undefined || restored == null || "error" in restored) return cutShort(action);
  try {
    const resuming = tool.resume(restored.input, { toolCallId, actionId, signal });
    const observation = await untilAborted(resuming, signal);
    return observation === undefined ? cutShort(action) : observed(action, observation);
  } catch (error) {
    signal.throwIfAborted();
    return callError(
      action,
      `${CUT_SHORT} What became of it is not known: ${messageOf(error)}`,
      INTERNAL_FAILURE,
    );
  }
}

function cutShort(action: ActionEvent): CallResult {
  return callError(action, CUT_SHORT, INTERNAL_FAILURE);
}
