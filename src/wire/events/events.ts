import { z } from "zod";
import { securityRisk } from "../agent/policies.ts";
import { toolDefinition } from "../agent/tool-definition.ts";
import { nullable } from "../nullable.ts";
import { action } from "./actions.ts";
import { errorClassification } from "./error-classification.ts";
import { message, messageToolCall, reasoningItem, textContent, thinkingBlock } from "./message.ts";
import { observation } from "./observations.ts";

const eventSource = z.enum(["agent", "user", "environment", "hook"]);

/** The parent of an event that starts a new root in a log that is not empty. */
export const ROOT = "__root__";

const base = {
  id: z.string(),
  timestamp: z.string().describe("Server-local time, ISO 8601 with microseconds and no zone"),
  source: eventSource,
  parent_id: nullable(z.string()),
};

function eventKind<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.object({ ...base, ...shape, kind: z.literal(kind) }).meta({ id: kind });
}

const systemPromptEvent = eventKind("SystemPromptEvent", {
  system_prompt: textContent,
  tools: z.array(toolDefinition),
  dynamic_context: nullable(textContent),
});

const messageEvent = eventKind("MessageEvent", {
  llm_message: message,
  llm_response_id: nullable(z.string()),
  activated_skills: z.array(z.string()).default([]),
  extended_content: z.array(textContent).default([]),
  sender: nullable(z.string()),
  critic_result: nullable(z.looseObject({ score: z.number() })),
});

const actionEvent = eventKind("ActionEvent", {
  thought: z.array(textContent),
  reasoning_content: nullable(z.string()),
  thinking_blocks: z.array(thinkingBlock).default([]),
  responses_reasoning_item: nullable(reasoningItem),
  action: nullable(action).describe("null when the call could not be understood"),
  tool_name: z.string(),
  tool_call_id: z.string(),
  tool_call: messageToolCall,
  llm_response_id: z.string(),
  security_risk: securityRisk.default("UNKNOWN"),
  critic_result: nullable(z.looseObject({ score: z.number() })),
  summary: nullable(z.string()),
});

const result = { tool_name: z.string(), tool_call_id: z.string() };

const observationEvent = eventKind("ObservationEvent", {
  ...result,
  observation,
  action_id: z.string(),
  extended_content: z.array(textContent).default([]),
});

const userRejectObservation = eventKind("UserRejectObservation", {
  ...result,
  action_id: z.string(),
  rejection_reason: z.string().default("User rejected the action"),
  rejection_source: z.enum(["user", "hook"]).default("user"),
});

const agentErrorEvent = eventKind("AgentErrorEvent", {
  ...result,
  error: z.string(),
  classification: nullable(errorClassification),
});

const conversationStateUpdateEvent = eventKind("ConversationStateUpdateEvent", {
  key: z.string(),
  value: z.unknown(),
});

const conversationErrorEvent = eventKind("ConversationErrorEvent", {
  code: z.string(),
  detail: z.string(),
  classification: nullable(errorClassification),
});

const pauseEvent = eventKind("PauseEvent", {});
const interruptEvent = eventKind("InterruptEvent", {});
const condensationRequest = eventKind("CondensationRequest", {});

const condensation = eventKind("Condensation", {
  forgotten_event_ids: z.array(z.string()).default([]),
  summary: nullable(z.string()),
  summary_offset: nullable(z.int().min(0)),
  llm_response_id: z.string(),
});

/** One call of a model with `log_completions`. */
const llmCompletionLogEvent = eventKind("LLMCompletionLogEvent", {
  filename: z.string(),
  log_data: z.string().describe("JSON text of the prompt, the tools, and the reply or the error"),
  model_name: z.string().default("unknown"),
  usage_id: z.string().default("default"),
});

/** Everything that is ever written to a conversation's log. */
export const event = z
  .discriminatedUnion("kind", [
    systemPromptEvent,
    messageEvent,
    actionEvent,
    observationEvent,
    userRejectObservation,
    agentErrorEvent,
    conversationStateUpdateEvent,
    conversationErrorEvent,
    pauseEvent,
    interruptEvent,
    condensationRequest,
    condensation,
    llmCompletionLogEvent,
  ])
  .meta({ id: "Event" });

/** Sent to sockets only: pieces of a reply while the model still writes it. */
const streamingDeltaEvent = eventKind("StreamingDeltaEvent", {
  content: nullable(z.string()),
  reasoning_content: nullable(z.string()),
});

/** Sent to one socket only: what was wrong with a frame it sent. */
const serverErrorEvent = eventKind("ServerErrorEvent", { code: z.string(), detail: z.string() });

/** One entry of a log; `kind` says which. */
export type Event = z.input<typeof event>;
export type SystemPromptEvent = z.input<typeof systemPromptEvent>;
export type MessageEvent = z.input<typeof messageEvent>;
export type ActionEvent = z.input<typeof actionEvent>;
export type ObservationEvent = z.input<typeof observationEvent>;
export type UserRejectObservation = z.input<typeof userRejectObservation>;
export type AgentErrorEvent = z.input<typeof agentErrorEvent>;
export type ConversationStateUpdateEvent = z.input<typeof conversationStateUpdateEvent>;
export type CondensationEvent = z.input<typeof condensation>;
/** What only passes by on sockets. */
export type TransientEvent =
  | ConversationStateUpdateEvent
  | z.input<typeof streamingDeltaEvent>
  | z.input<typeof serverErrorEvent>;

/** An event before the log gives it its id, time and parent. */
export type NewEvent = Event extends infer E ? (E extends Event ? Unstamped<E> : never) : never;
type Unstamped<E extends Event> = Omit<E, "id" | "timestamp" | "parent_id"> &
  Partial<Pick<E, "id" | "timestamp" | "parent_id">>;
