import type {
  ActionEvent,
  AgentErrorEvent,
  Event,
  ObservationEvent,
  UserRejectObservation,
} from "../../wire/events/events.ts";
import { show } from "../first-difference.ts";
import { messageText, observationText } from "./event-text.ts";

const WIDTH = 120;

export type ToolResultEvent = ObservationEvent | AgentErrorEvent | UserRejectObservation;

/** Writes the events that people need to see, one a line, numbered as in the log. `marked` gets an arrow. */
export function toTimeline(events: readonly Event[], marked?: Event): string {
  const lines = events.flatMap((event, seq) => {
    const line = lineOf(event);
    if (line === undefined) return [];
    const [label, text] = line;
    const number = String(seq).padStart(4);
    return `${event === marked ? ">" : " "}${number}  ${label.padEnd(9)} ${clip(text)}`.trimEnd();
  });
  return lines.length === 0 ? "  (nothing happened)" : lines.join("\n");
}

function lineOf(event: Event): [label: string, text: string] | undefined {
  switch (event.kind) {
    case "SystemPromptEvent":
      return ["system", `${event.tools.length} tools`];
    case "MessageEvent":
      return [event.source, messageText(event)];
    case "ActionEvent":
      return ["call", `${event.tool_name} ${show(argumentsOf(event), WIDTH)}`];
    case "ObservationEvent":
    case "AgentErrorEvent":
    case "UserRejectObservation":
      return [labelOf(event), `${event.tool_name}: ${resultText(event)}`];
    case "ConversationStateUpdateEvent":
      return event.key === "execution_status" ? ["status", String(event.value)] : undefined;
    case "ConversationErrorEvent":
      return ["failure", `${event.code}: ${event.detail}`];
    case "PauseEvent":
      return ["pause", ""];
    case "InterruptEvent":
      return ["interrupt", ""];
    case "CondensationRequest":
      return ["condense", "requested"];
    case "SecurityAnalysisEvent":
      return ["risk", Object.values(event.risks).join(", ")];
    case "Condensation":
      return ["condense", `${event.forgotten_event_ids?.length ?? 0} events forgotten`];
  }
}

function labelOf(event: ToolResultEvent): string {
  if (event.kind === "ObservationEvent") return "result";
  return event.kind === "AgentErrorEvent" ? "error" : "rejected";
}

/** Returns the arguments of a call, without the two that the agent adds to every tool. */
export function argumentsOf({ tool_call: { arguments: json } }: ActionEvent): Record<string, unknown> {
  const { security_risk: _risk, summary: _summary, ...own } = JSON.parse(json) as Record<string, unknown>;
  return own;
}

/** Returns the text of a result as the model reads it. */
export function resultText(event: ToolResultEvent): string {
  switch (event.kind) {
    case "ObservationEvent":
      return observationText(event);
    case "AgentErrorEvent":
      return event.error;
    case "UserRejectObservation":
      return event.rejection_reason ?? "";
  }
}

function clip(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, " ⏎ ");
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}
