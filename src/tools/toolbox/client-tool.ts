import type { ClientToolSpec } from "../../wire/agent/tool-definition.ts";
import { text } from "../../wire/events/message.ts";
import type { Observation } from "../../wire/events/observations.ts";
import type { Tool } from "../tool.ts";
import { CLIENT_TOOL } from "../wire-form.ts";
import { topLevelInput } from "./top-level-input.ts";

/**
 * Makes a tool that the client carries out when it sees the call in the ActionEvent. The client cannot send a result,
 * so the model gets a fixed answer at once.
 */
export function clientTool(spec: ClientToolSpec): Tool {
  return {
    name: spec.name,
    description: spec.description,
    input: topLevelInput(spec.parameters),
    parameters: spec.parameters,
    annotations: spec.annotations,
    wire: { tool: CLIENT_TOOL, action: `ClientAction_${spec.name}`, observation: "ClientToolObservation" },
    open: () => ({ run: async () => dispatched() }),
  };
}

function dispatched(): Observation {
  return {
    content: [text("Tool call dispatched to client.")],
    is_error: false,
    kind: "ClientToolObservation",
  };
}
