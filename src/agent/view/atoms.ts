import type { ActionEvent } from "../../wire/events/events.ts";
import { isResult, type ViewEvent } from "./view-event.ts";

/** Groups the calls of each reply: they belong together even where the error of a bad call stands between them. */
export function batchesOf(events: readonly ViewEvent[]): ActionEvent[][] {
  const batches: ActionEvent[][] = [];
  let batch: ActionEvent[] | null = null;
  for (const event of events) {
    if (event.kind !== "ActionEvent") {
      if (!isResult(event)) batch = null;
    } else if (batch?.[0]?.llm_response_id === event.llm_response_id) {
      batch.push(event);
    } else {
      batch = [event];
      batches.push(batch);
    }
  }
  return batches;
}

/**
 * Finds the turns in which a model thinks between its calls: from a call with signed thoughts over all calls and
 * results that follow directly. Providers that sign thoughts refuse a prompt in which a part of such a turn is missing.
 */
export function thinkingTurnsOf(events: readonly ViewEvent[]): ViewEvent[][] {
  const turns: ViewEvent[][] = [];
  let turn: ViewEvent[] | null = null;
  for (const event of events) {
    if (event.kind === "ActionEvent" && event.thinking_blocks?.length) {
      turn = [event];
      turns.push(turn);
    } else if (event.kind === "ActionEvent" || isResult(event)) {
      turn?.push(event);
    } else {
      turn = null;
    }
  }
  return turns;
}
