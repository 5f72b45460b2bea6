import type { LiveConversation } from "../live-conversation.ts";

/**
 * Ends the run after its current step, and lets no other follow. Between two runs of a goal nothing is there to pause
 * but the goal.
 */
export async function pause({ keeper, runs, goal, status }: LiveConversation): Promise<void> {
  if (!runs.active) await goal.stop();
  runs.cancelFollowing();
  runs.dropWaiting();
  if (status === "idle" || status === "running") {
    const update = keeper.assign({ execution_status: "paused" });
    await keeper.append([...update, { kind: "PauseEvent", source: "user" }]);
  }
  keeper.publishFullState();
}

/** Ends the run at once, and the goal. Without a run, it pauses. */
export async function interrupt(conversation: LiveConversation): Promise<void> {
  const { keeper, runs, goal } = conversation;
  if (await runs.interrupt()) keeper.publishFullState();
  else await pause(conversation);
  await goal.stop();
}
