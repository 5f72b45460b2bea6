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

export function eventKind<K extends string, S extends z.ZodRawShape>(kind: K, shape: S) {
  return z.object({ ...base, ...shape, kind: z.literal(kind) }).meta({ id: kind });
}

const systemPromptEvent = eventKind("SystemPromptEvent", {
  system_prompt: textContent,
  tools: z.array(toolDefinition),
  dynamic_context: nullable(textContent),
});

const criticResult = z
  .object({
    score: z.number().min(0).max(1),
    message: z.string().nullable(),
    metadata: nullable(z.record(z.string(), z.unknown())),
  })
  .meta({ id: "CriticResult" });

const messageEvent = eventKind("MessageEvent", {
  llm_message: message,
  llm_response_id: nullable(z.string()),
  activated_skills: z.array(z.string()).default([]),
  extended_content: z.array(textContent).default([]),
  sender: nullable(z.string()),
  critic_result: nullable(criticResult),
});

const actionEvent = eventKind("ActionEvent", {
  thought: z.array(textContent),
  reasoning_content: nullable(z.string()),
  thinking_blocks: z.array(thinkingBlock).default([]),
  responses_reasoning_item: nullable(reasoningItem),
  action: nullable(action).describe("null when the call could not be parsed"),
  tool_name: z.string(),
  tool_call_id: z.string(),
  tool_call: messageToolCall,
  llm_response_id: z.string(),
  security_risk: securityRisk.default("UNKNOWN"),
  critic_result: nullable(criticResult),
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
  value: nullable(z.unknown()),
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

const securityAnalysisEvent = eventKind("SecurityAnalysisEvent", {
  analyzer: z.string().describe("Kind of the analyzer"),
  policy: z.string().describe("Kind of the confirmation policy at that moment"),
  risks: z.record(z.string(), securityRisk).describe("By the id of the ActionEvent"),
  details: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** One run of a hook and its answer. No prompt has it. */
const hookExecutionEvent = eventKind("HookExecutionEvent", {
  hook_event_type: z.enum([
    "PreToolUse",
    "PostToolUse",
    "UserPromptSubmit",
    "SessionStart",
    "SessionEnd",
    "Stop",
  ]),
  hook_command: z.string(),
  tool_name: nullable(z.string()),
  success: z.boolean(),
  blocked: z.boolean().default(false),
  exit_code: z.int(),
  stdout: z.string().default(""),
  stderr: z.string().default(""),
  reason: nullable(z.string()),
  additional_context: nullable(z.string()),
  error: nullable(z.string()),
  action_id: nullable(z.string()),
  message_id: nullable(z.string()),
  hook_input: nullable(z.record(z.string(), z.unknown())),
});

/** The record of one model call. Written if the model has `log_completions`. */
const llmCompletionLogEvent = eventKind("LLMCompletionLogEvent", {
  filename: z.string(),
  log_data: z.string().describe("JSON text of the prompt, the tools, and the reply or the error"),
  model_name: z.string().default("unknown"),
  usage_id: z.string().default("default"),
});

/** A tool call of an agent that is another program. */
const acpToolCallEvent = eventKind("ACPToolCallEvent", {
  tool_call_id: z.string(),
  title: z.string(),
  status: nullable(z.string()),
  tool_kind: nullable(z.string()),
  raw_input: nullable(z.unknown()),
  raw_output: nullable(z.unknown()),
  content: nullable(z.array(z.unknown())),
  is_error: z.boolean().default(false),
});

/** The kinds of events of a conversation's log. */
export const logEvents = [
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
  securityAnalysisEvent,
  llmCompletionLogEvent,
  hookExecutionEvent,
  acpToolCallEvent,
] as const;

/** An event of a conversation's log. */
export const event = z.discriminatedUnion("kind", logEvents);

/** A piece of a reply, sent to sockets while the model streams it. */
export const streamingDeltaEvent = eventKind("StreamingDeltaEvent", {
  content: nullable(z.string()),
  reasoning_content: nullable(z.string()),
});

/** The answer to an invalid frame, sent only to the socket that sent the frame. */
export const serverErrorEvent = eventKind("ServerErrorEvent", { code: z.string(), detail: z.string() });

/** An event of a conversation's log, discriminated by `kind`. */
export type Event = z.input<typeof event>;
/** The system prompt and the tools of an agent. Appended once, before the first user message. */
export type SystemPromptEvent = z.input<typeof systemPromptEvent>;
/** A message of the user, the agent or the environment. `source` says whose it is. */
export type MessageEvent = z.input<typeof messageEvent>;
/** A tool call of the model. `thought` is the text of the reply that the call was part of. */
export type ActionEvent = z.input<typeof actionEvent>;
/** The result of a tool call, successful or not. `action_id` names the `ActionEvent`. */
export type ObservationEvent = z.input<typeof observationEvent>;
/** The answer to a call that the user or a hook rejected. */
export type UserRejectObservation = z.input<typeof userRejectObservation>;
/** The answer to a call that could not be run, for example because its arguments were invalid. */
export type AgentErrorEvent = z.input<typeof agentErrorEvent>;
/** A change of the conversation's state. `key` names the field, or is `full_state`. */
export type ConversationStateUpdateEvent = z.input<typeof conversationStateUpdateEvent>;
/** A summary that replaces the events in `forgotten_event_ids` in the prompt. */
export type CondensationEvent = z.input<typeof condensation>;
/** A rating of the agent's work, from 0 to 1, with what it is based on. */
export type CriticResult = z.input<typeof criticResult>;
/** The risks that an analyzer sees in the calls of one reply. `details` has what it says about single calls. */
export type SecurityAnalysisEvent = z.input<typeof securityAnalysisEvent>;
/** One run of a hook: its input, its output, and whether it refused what it was asked about. */
export type HookExecutionEvent = z.input<typeof hookExecutionEvent>;
/** A tool call of an agent that is another program: when it begins, and when it ends. */
export type AcpToolCallEvent = z.input<typeof acpToolCallEvent>;
/** A moment at which hooks run. */
export type HookMoment = HookExecutionEvent["hook_event_type"];
/** An event that is sent to sockets and never stored. */
export type TransientEvent =
  | ConversationStateUpdateEvent
  | z.input<typeof streamingDeltaEvent>
  | z.input<typeof serverErrorEvent>;

/** An event to append. The log adds `id`, `timestamp` and `parent_id` if they are left out. */
export type NewEvent = Event extends infer E ? (E extends Event ? Unstamped<E> : never) : never;
type Unstamped<E extends Event> = Omit<E, "id" | "timestamp" | "parent_id"> &
  Partial<Pick<E, "id" | "timestamp" | "parent_id">>;
