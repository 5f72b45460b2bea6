import { isObject } from "../../../is-object.ts";
import type { ActionEvent } from "../../../wire/events/events.ts";
import { type Message, textOf } from "../../../wire/events/message.ts";
import type { ViewEvent } from "../../view/view-event.ts";
import { messageOfViewEvent } from "../../view/view-message.ts";

/** A message as chat models take it. */
export type ChatMessage = Record<string, unknown> & { role: string };

/** Characters of a request without the action itself: older messages are left out first. */
const MAX_HISTORY = 1_000_000;

const SYSTEM = "An agent's actions are checked for safety.";

export interface ChatOptions {
  /** Number of events before the action. */
  limit: number;
  /** Characters of one of them. */
  maxChars: number;
}

/**
 * Writes an action and what came before it as a chat. It begins with a system message, and the action is whole. Images
 * are left out, and so is the risk that the agent's model states itself.
 */
export function chatAround(
  action: ActionEvent,
  before: readonly ViewEvent[],
  { limit, maxChars }: ChatOptions,
): ChatMessage[] {
  const [first] = before;
  const recent = limit > 0 ? before.slice(-limit) : [];
  const isSystem = ({ kind }: ViewEvent) => kind === "SystemPromptEvent";
  const lead = first !== undefined && isSystem(first) && !recent.some(isSystem) ? [first] : [];
  const [system, ...history] = [...lead, ...recent].flatMap((event) => chatMessage(event, maxChars));
  const begins = system?.role === "system";
  return [
    begins ? system : { role: "system", content: SYSTEM },
    ...newest(begins || system === undefined ? history : [system, ...history]),
    actionMessage(action, Number.POSITIVE_INFINITY),
  ];
}

/** The newest messages that there is room for. */
function newest(messages: readonly ChatMessage[]): ChatMessage[] {
  let room = MAX_HISTORY;
  const kept: ChatMessage[] = [];
  for (const message of messages.toReversed()) {
    room -= JSON.stringify(message).length;
    if (room < 0) break;
    kept.unshift(message);
  }
  return kept;
}

function chatMessage(event: ViewEvent, maxChars: number): ChatMessage[] {
  if (event.kind === "ActionEvent") return [actionMessage(event, maxChars)];
  if (event.kind === "MessageEvent" && event.source !== "user" && event.source !== "agent") return [];
  const { role, content, tool_call_id: callId }: Message = messageOfViewEvent(event);
  const words = withoutMiddle(textOf(content, " "), maxChars);
  return [{ role, content: words, ...(callId && { tool_call_id: callId }) }];
}

function actionMessage(action: ActionEvent, maxChars: number): ChatMessage {
  const { id, name, arguments: args } = action.tool_call;
  const said = action.thought.map(({ text }) => text).join(" ");
  const written = withoutMiddle(withoutOwnRisk(args), maxChars);
  return {
    role: "assistant",
    content: withoutMiddle(said, maxChars),
    tool_calls: [{ id, type: "function", function: { name, arguments: written } }],
  };
}

/** The model's own rating would sway that of the service. */
function withoutOwnRisk(args: string): string {
  try {
    const value: unknown = JSON.parse(args);
    if (!isObject(value) || !("security_risk" in value)) return args;
    const { security_risk: _risk, ...others } = value;
    return JSON.stringify(others);
  } catch {
    return args;
  }
}

function withoutMiddle(words: string, maxChars: number): string {
  if (words.length <= maxChars) return words;
  const half = Math.floor(maxChars / 2);
  return `${words.slice(0, half)}\n[… ${words.length - 2 * half} characters …]\n${half > 0 ? words.slice(-half) : ""}`;
}
