import { messageText, observationText } from "../testing/chat/event-text.ts";
import type { Event, TransientEvent } from "../wire/events/events.ts";

const WIDTH = 100;
const MAX_LINES = 12;

/** Writes an event as a few lines for people. Returns undefined for events that people need not see. */
export function printEvent(event: Event | TransientEvent): string | undefined {
  switch (event.kind) {
    case "SystemPromptEvent":
      return heading(
        "system",
        `prompt of ${event.system_prompt.text.length} characters, ${event.tools.length} tools`,
      );
    case "MessageEvent":
      return heading(event.source, messageText(event));
    case "ActionEvent":
      return [thoughtOf(event.thought), heading("action", `${event.tool_name} ${describe(event.action)}`)]
        .filter((line) => line !== "")
        .join("\n");
    case "ObservationEvent":
      return heading("result", observationText(event));
    case "AgentErrorEvent":
      return heading("error", event.error);
    case "ConversationErrorEvent":
      return heading("error", `${event.code}: ${event.detail}`);
    case "ConversationStateUpdateEvent":
      return event.key === "execution_status" ? heading("status", String(event.value)) : undefined;
    default:
      return undefined;
  }
}

function thoughtOf(thought: readonly { text: string }[]): string {
  const text = thought.map((part) => part.text).join("\n");
  return text.trim() === "" ? "" : heading("agent", text);
}

function describe(action: unknown): string {
  if (typeof action !== "object" || action === null) return "(invalid call)";
  const fields = Object.entries(action).filter(
    ([name, value]) => name !== "kind" && value !== null && value !== false,
  );
  return fields.map(([name, value]) => `${name}=${short(value)}`).join(" ");
}

function short(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.replaceAll("\n", "⏎");
  return line.length > WIDTH ? `${line.slice(0, WIDTH)}…` : line;
}

function heading(label: string, text: string): string {
  const lines = text.trimEnd().split("\n");
  const shown = lines.slice(0, MAX_LINES);
  if (lines.length > MAX_LINES) shown.push(`… ${lines.length - MAX_LINES} more lines`);
  return `${label.padEnd(7)} │ ${shown.join("\n        │ ")}`;
}
