import { type Message, textOf } from "../../../wire/events/message.ts";

/** Characters of the messages that are shown, so that a long prompt is not shown again with every call. */
const MAX_SHOWN = 24_000;

/** A message in the form of OpenTelemetry's conventions for GenAI. */
interface SaidMessage {
  role: string;
  parts: readonly object[];
}

/** The last messages, as many as fit into a bound: a message that is longer is left out with those before it. */
export function saidMessages(messages: readonly Message[]): SaidMessage[] {
  const said: SaidMessage[] = [];
  let length = 0;
  for (const message of [...messages].reverse()) {
    const shown = saidMessage(message);
    length += JSON.stringify(shown).length;
    if (length > MAX_SHOWN) break;
    said.unshift(shown);
  }
  return said;
}

/** A message without its images. */
export function saidMessage({
  role,
  content,
  tool_calls,
  tool_call_id,
  reasoning_content,
}: Message): SaidMessage {
  const words = textOf(content);
  if (tool_call_id)
    return { role, parts: [{ type: "tool_call_response", id: tool_call_id, response: words }] };
  return {
    role,
    parts: [
      ...(reasoning_content ? [{ type: "reasoning", content: reasoning_content }] : []),
      ...(words === "" ? [] : [{ type: "text", content: words }]),
      ...(tool_calls ?? []).map(({ id, name, arguments: args }) => ({
        ...{ type: "tool_call", id, name, arguments: args },
      })),
    ],
  };
}
