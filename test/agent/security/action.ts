import type { ActionEvent } from "../../../src/wire/events/events.ts";

/** An action that runs a command in a terminal. */
export function action(command: string, fields: Partial<ActionEvent> = {}): ActionEvent {
  return {
    kind: "ActionEvent",
    id: "a",
    timestamp: "t",
    source: "agent",
    thought: [],
    tool_name: "terminal",
    tool_call_id: "c",
    tool_call: { id: "c", name: "terminal", arguments: JSON.stringify({ command }), origin: "completion" },
    llm_response_id: "r",
    security_risk: "LOW",
    ...fields,
  };
}

/** The same with arguments as a model wrote them. */
export function call(text: string): ActionEvent {
  return action("", { tool_call: { id: "c", name: "terminal", arguments: text, origin: "completion" } });
}
