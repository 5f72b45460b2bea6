import { asObject } from "../../is-object.ts";
import type { ToolSchema } from "../llm.ts";

/** Explains tools to a model without tool calls. Follows the system prompt. */
export function describeTools(tools: readonly ToolSchema[]): string {
  return `
# Functions

You act through functions. To call one, end your message with a block of exactly this form and write nothing after it:

<function=name_of_the_function>
<parameter=name_of_a_parameter>value</parameter>
<parameter=name_of_another>
a value
of several lines
</parameter>
</function>

* One call per message. Its result comes back to you as the next message, under "EXECUTION RESULT of [name]:".
* Give every required parameter. Write lists and objects as JSON, everything else as it is, without quotes.
* You may say in plain words what you are about to do, before the block, never after it.
* Where no function is of use, answer in plain words, without a block and without mentioning functions.

These are the functions:

${tools.map(describeTool).join("\n\n")}
`;
}

/** An example call. Precedes the first request, since weak models follow an example sooner than a rule. */
export function exampleCall(tools: readonly ToolSchema[]): string {
  const call = tools.some((tool) => tool.name === "terminal")
    ? "<function=terminal>\n<parameter=command>ls -la</parameter>\n</function>"
    : `<function=${tools[0]?.name ?? "name"}>\n</function>`;
  const name = tools.some((tool) => tool.name === "terminal") ? "terminal" : (tools[0]?.name ?? "name");
  return `This is how a call and its result look, as an example only:

You: I look around first.
${call}

User: EXECUTION RESULT of [${name}]:
(whatever the function returned)

The example ends here. This is the real request:

`;
}

function describeTool({ name, description, parameters }: ToolSchema): string {
  const required = new Set(Array.isArray(parameters.required) ? parameters.required : []);
  const lines = Object.entries(propertiesOf(parameters)).map(([key, schema]) =>
    describeParameter(key, schema, required.has(key)),
  );
  const head = `## ${name}\n${description}`;
  return lines.length === 0 ? `${head}\nParameters: none` : `${head}\nParameters:\n${lines.join("\n")}`;
}

function describeParameter(name: string, schema: Record<string, unknown>, required: boolean): string {
  const { description, enum: choices, type, items, properties } = schema;
  const nested = items ?? properties;
  const notes = [
    typeof type === "string" ? type : "any",
    required ? "required" : "optional",
    ...(Array.isArray(choices)
      ? [`one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`]
      : []),
  ];
  const shape = nested === undefined ? "" : ` Shape: ${JSON.stringify(nested)}`;
  return `- ${name} (${notes.join(", ")}): ${typeof description === "string" ? description : ""}${shape}`;
}

/**
 * The properties of a JSON schema of type object. A property may also be true, false or, from careless clients, null.
 */
export function propertiesOf(schema: Record<string, unknown>): Record<string, Record<string, unknown>> {
  const properties = Object.entries(asObject(schema.properties));
  return Object.fromEntries(properties.map(([name, property]) => [name, asObject(property)]));
}
