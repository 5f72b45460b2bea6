import { asObject } from "../is-object.ts";
import { statusWords } from "./event-row.ts";
import type { LoggedEvent } from "./logged-event.ts";
import { Timeline } from "./timeline.ts";

/** The events from which `waitOf` reads: the newest ones of the log, newest first. Results of one reply fit in. */
export const NEWEST_EVENTS = 20;

/** Whether the newest events are needed to say what a conversation waits for. */
export function needsEvents(info: Readonly<Record<string, unknown>>): boolean {
  return info.execution_status === "running";
}

/**
 * Says what a conversation waits for, or its status, from what a list shows of it and, while it runs, from its newest
 * events. A message that no run has read waits for one: the server has no free place, or no one has asked for it.
 */
export function waitOf(
  info: Readonly<Record<string, unknown>>,
  newestFirst: readonly LoggedEvent[] = [],
): string {
  const { execution_status: status, last_user_message_id: message } = info;
  if (status === "idle" && typeof message === "string") return "a run";
  if (status === "waiting_for_confirmation") return "confirmation";
  if (status !== "running") return statusWords(status);
  const timeline = new Timeline({ limits: { text: 0, diffLines: 0 }, isStart: false });
  for (const event of newestFirst.toReversed()) timeline.take(asObject(event));
  timeline.takeState(info);
  return timeline.waitsFor;
}
