import { type Step, scriptedLlm } from "agent-server/testing";
import type { ConversationManager } from "../../../../src/conversations/conversation-manager.ts";
import type { Llm, LlmRequest } from "../../../../src/llm/llm.ts";
import type { GoalStatus } from "../../../../src/wire/asides/goal.ts";
import { type BenchOptions, logOf, openManager, until } from "../../open-manager.ts";

export const OBJECTIVE = "Write hello into a file and prove it.";

/** The agent and the judge have one model, but a script each: only the agent is given tools. */
export function openGoal(
  agentSteps: readonly Step<LlmRequest>[],
  judgeSteps: readonly Step<LlmRequest>[],
  options: BenchOptions & { sideCalls?: boolean } = {},
) {
  const { sideCalls, ...others } = options;
  const agent = scriptedLlm([...agentSteps], { cost: 0.5 });
  const judge = scriptedLlm([...judgeSteps], { cost: 0.25 });
  const llm: Llm = {
    sideCalls,
    complete: (request) => (request.tools.length > 0 ? agent : judge).complete(request),
  };
  return { ...openManager({ createLlm: () => llm, ...others }), agent, judge };
}

/** A judge's answer. */
export function verdict(score: number, complete: boolean, missing = ""): string {
  return JSON.stringify({ score, complete, missing });
}

export async function goalsOf(manager: ConversationManager, id: string): Promise<GoalStatus[]> {
  const log = await logOf(manager, id);
  return log.filter(({ key }) => key === "goal").map(({ value }) => value as GoalStatus);
}

/** Waits for the last event of a goal and returns the goal's states in short. */
export async function ended(manager: ConversationManager, id: string, count = 1): Promise<string[]> {
  await until(async () => (await goalsOf(manager, id)).filter(({ active }) => !active).length >= count);
  return (await goalsOf(manager, id)).map(({ status, iteration }) => `${status} ${iteration}`);
}
