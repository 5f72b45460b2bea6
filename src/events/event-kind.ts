/** Modules of the reference's event classes: clients filter by the dotted path of a class. */
const MODULES: Readonly<Record<string, string>> = {
  SystemPromptEvent: "openhands.sdk.event.llm_convertible.system",
  MessageEvent: "openhands.sdk.event.llm_convertible.message",
  ActionEvent: "openhands.sdk.event.llm_convertible.action",
  ObservationEvent: "openhands.sdk.event.llm_convertible.observation",
  UserRejectObservation: "openhands.sdk.event.llm_convertible.observation",
  AgentErrorEvent: "openhands.sdk.event.llm_convertible.observation",
  ConversationStateUpdateEvent: "openhands.sdk.event.conversation_state",
  ConversationErrorEvent: "openhands.sdk.event.conversation_error",
  PauseEvent: "openhands.sdk.event.user_action",
  InterruptEvent: "openhands.sdk.event.user_action",
  CondensationRequest: "openhands.sdk.event.condenser",
  Condensation: "openhands.sdk.event.condenser",
  CondensationSummaryEvent: "openhands.sdk.event.condenser",
  SecurityAnalysisEvent: "openhands.sdk.event.security",
  HookExecutionEvent: "openhands.sdk.event.hook_execution",
  ACPToolCallEvent: "openhands.sdk.event.acp_tool_call",
  LLMCompletionLogEvent: "openhands.sdk.event.llm_completion_log",
  TokenEvent: "openhands.sdk.event.token",
  StreamingDeltaEvent: "openhands.sdk.event.streaming_delta",
  ServerErrorEvent: "openhands.agent_server.models",
};

/**
 * The class name of a kind that is named short or by its full path. Undefined for the path of anything but an event.
 */
export function toShortKind(kind: string): string | undefined {
  const dot = kind.lastIndexOf(".");
  if (dot < 0) return kind;
  const name = kind.slice(dot + 1);
  return Object.hasOwn(MODULES, name) && MODULES[name] === kind.slice(0, dot) ? name : undefined;
}
