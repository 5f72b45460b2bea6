import { isObject } from "../../is-object.ts";
import type { ToolSchema } from "../../llm/llm.ts";
import { type Message, textOf } from "../../wire/events/message.ts";

const TOOLS_BEGIN =
  "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n" +
  "You are provided with function signatures within <tools></tools> XML tags:\n<tools>";
const TOOLS_END =
  "\n</tools>\n\nFor each function call, return a json object with function name and arguments within " +
  '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>';

/**
 * Writes a conversation as the text that Qwen's models were trained on; critics of that family classify it. Calls are
 * left out, as the service expects, and results stand in the user's name.
 */
export function qwenText(messages: readonly Message[], tools: readonly ToolSchema[]): string {
  const [first] = messages;
  const system = first?.role === "system" ? wordsOf(first) : null;
  const rest = system === null ? messages : messages.slice(1);
  return (
    head(system, tools) +
    rest.map((message, index) => turn(message, rest[index - 1], rest[index + 1])).join("")
  );
}

function head(system: string | null, tools: readonly ToolSchema[]): string {
  if (tools.length === 0) return system === null ? "" : block("system", system);
  const list = tools.map((tool) => `\n${pythonJson({ type: "function", function: tool })}`).join("");
  return block("system", `${system === null ? "" : `${system}\n\n`}${TOOLS_BEGIN}${list}${TOOLS_END}`);
}

/** Results that follow each other share a turn. */
function turn(message: Message, before: Message | undefined, after: Message | undefined): string {
  if (message.role !== "tool") return block(message.role, wordsOf(message));
  const begin = before?.role === "tool" ? "" : "<|im_start|>user";
  const end = after?.role === "tool" ? "" : "<|im_end|>\n";
  return `${begin}\n<tool_response>\n${wordsOf(message)}\n</tool_response>${end}`;
}

function block(role: string, words: string): string {
  return `<|im_start|>${role}\n${words}<|im_end|>\n`;
}

function wordsOf({ content }: Message): string {
  return textOf(content, "\n");
}

/** Writes JSON with the spaces of Python, as the models have seen it. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item)}`).join(", ")}}`;
}
