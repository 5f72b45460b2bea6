import type { ActionEvent, Event, MessageEvent, SystemPromptEvent } from "../../wire/events/events.ts";
import type { ResultEvent } from "./event-message.ts";

/** Takes the place of forgotten events. It exists in the view only; its id is `<condensation id>-summary`. */
export interface SummaryEvent {
  kind: "CondensationSummaryEvent";
  id: string;
  summary: string;
}

/** An event that the prompt is made of. The offsets of condensations count these. */
export type ViewEvent = SystemPromptEvent | MessageEvent | ActionEvent | ResultEvent | SummaryEvent;

/** Whether an event answers a tool call. */
export function isResult(event: Event | ViewEvent): event is ResultEvent {
  return (
    event.kind === "ObservationEvent" ||
    event.kind === "UserRejectObservation" ||
    event.kind === "AgentErrorEvent"
  );
}

/** Whether an event is what a condensation of everything leaves: nothing can be gained by another. */
export function isRemnant({ kind }: ViewEvent): boolean {
  return kind === "SystemPromptEvent" || kind === "CondensationSummaryEvent";
}

/** Ids of the calls that have no answer. */
export function openCalls(events: readonly ViewEvent[]): Set<string> {
  const open = new Set<string>();
  for (const event of events) {
    if (event.kind === "ActionEvent") open.add(event.tool_call_id);
    else if (isResult(event)) open.delete(event.tool_call_id);
  }
  return open;
}
