export type { Clock } from "./clock.ts";
export { ConversationManager } from "./conversations/conversation-manager.ts";
export { type NewConversation, newConversation } from "./conversations/new-conversation.ts";
export { AgentServerError, type ErrorCode } from "./errors.ts";
export type { Connect, Socket } from "./http/socket.ts";
export type { Llm, LlmDelta, LlmReply, LlmRequest, LlmUsage, ToolSchema } from "./llm/llm.ts";
export { LlmError, type LlmErrorName } from "./llm/llm-error.ts";
export type { Logger } from "./logger.ts";
export type { ServerOptions } from "./options.ts";
export { type AgentServer, createServer } from "./server.ts";
export { memoryStore } from "./stores/memory.ts";
export { sqliteStore } from "./stores/sqlite.ts";
export type {
  Change,
  ConversationQuery,
  ConversationRecord,
  ConversationStore,
  EventFilter,
  EventQuery,
  EventStore,
  Store,
  StoredEvent,
} from "./stores/store.ts";
export { type ServerInput, toServer } from "./to-server.ts";
export { defineTool, type ToolContext, type ToolOutput, type ToolResult } from "./tools/define-tool.ts";
export type { Tool, ToolCallContext, ToolExecutor, ToolHost, ToolSecrets, WireNames } from "./tools/tool.ts";
export type {
  ConversationInfo,
  ConversationSortOrder,
  EventSortOrder,
  StartConversationRequest,
  startConversationRequest,
  UpdateConversationRequest,
} from "./wire/conversation.ts";
export type { Event, NewEvent, TransientEvent } from "./wire/events.ts";
export type { ExecutionStatus } from "./wire/execution-status.ts";
export type { LlmConfig } from "./wire/llm-config.ts";
export { type Content, type Message, text } from "./wire/message.ts";
export type { ConfirmationPolicy, SecurityAnalyzer } from "./wire/policies.ts";
export type { ToolAnnotations } from "./wire/tool-definition.ts";
