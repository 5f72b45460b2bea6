import { z } from "zod";
import type { ClientToolSpec } from "../../wire/agent/tool-definition.ts";
import { text } from "../../wire/events/message.ts";
import type { Observation } from "../../wire/events/observations.ts";
import type { Tool } from "../tool.ts";
import { CLIENT_TOOL } from "../wire-form.ts";

/**
 * Makes a tool that the client carries out when it sees the call in the ActionEvent. The client cannot send a result,
 * so the model gets a fixed answer at once.
 */
export function clientTool(spec: ClientToolSpec): Tool {
  return {
    name: spec.name,
    description: spec.description,
    input: toInput(spec.parameters),
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

/**
 * Checks names, presence and types at the top level, as the reference does. Unknown arguments are rejected because its
 * client cannot read an action that has them.
 */
function toInput(parameters: ClientToolSpec["parameters"]): z.ZodType {
  const properties = Object.entries((parameters.properties ?? {}) as Record<string, unknown>);
  const required = new Set(Array.isArray(parameters.required) ? parameters.required : []);
  const fields = properties.map(([name, property]): [string, z.ZodType] => {
    const field = toField(property);
    return [name, required.has(name) ? field : field.nullable().default(null)];
  });
  return z.strictObject(Object.fromEntries(fields));
}

function toField(property: unknown): z.ZodType {
  switch ((property as { type?: unknown } | null)?.type) {
    case "string":
      return z.string();
    case "integer":
      return z.int();
    case "number":
      return z.number();
    case "boolean":
      return z.boolean();
    case "array":
      return z.array(z.unknown());
    case "object":
      return z.record(z.string(), z.unknown());
    default:
      // No type, several types or a keyword such as anyOf: left to the client.
      return z.unknown().refine((value) => value !== undefined, "is required");
  }
}
