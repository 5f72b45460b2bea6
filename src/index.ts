export { type Condenser, condenseWith, type NewCondensation } from "./agent/loop/condenser.ts";
export type {
  ClosingAnswer,
  ExtensionAnswer,
  ExtensionEvent,
  ExtensionFactory,
  ExtensionHost,
  ExtensionState,
  FinishedCall,
  LoopChange,
  LoopContext,
  LoopExtension,
  LoopTools,
  LoopView,
  MessageVerdict,
  ModelVerdict,
  ObservationOfCall,
  ProposedCall,
  ProposedReply,
  StopVerdict,
  ToolAddition,
  ToolVerdict,
} from "./agent/loop/extension.ts";
export { type AgentPreset, type PresetOptions, presetAgent } from "./agent/presets.ts";
export type { Clock } from "./clock.ts";
export type { BrokerFeedOptions } from "./cluster/feed/broker-feed-options.ts";
export { type NatsConnection, natsFeed } from "./cluster/feed/nats-feed.ts";
export { type RedisClient, redisFeed } from "./cluster/feed/redis-feed.ts";
export {
  type Configuration,
  type ConfigurationSources,
  loadConfiguration,
} from "./configuration/load-configuration.ts";
export type { Budget, Budgets } from "./conversations/budgets/budget.ts";
export type {
  ConversationManager,
  CreatedConversation,
  ForkedConversation,
  NewChild,
} from "./conversations/conversation-manager.ts";
export type { ConversationPage, ConversationSearch, InfoQuery } from "./conversations/conversation-reader.ts";
export type { TrajectoryFile } from "./conversations/export/trajectory-file.ts";
export type { CreateOptions } from "./conversations/launches.ts";
export type {
  ConfirmationResponse,
  ConversationHandle,
  GoalOptions,
  SendOptions,
  TitleOptions,
} from "./conversations/live/conversation-handle.ts";
export type { ForkOptions } from "./conversations/tree/forked-record.ts";
export { AgentServerError, type ErrorCode, type ErrorOptions } from "./errors.ts";
export type { EventReader } from "./events/event-reader.ts";
export type { EventCriteria, EventPage, EventSearch } from "./events/event-search.ts";
export type { FeedEnd, FeedReader } from "./events/feeds/feed.ts";
export type { NewTransientEvent } from "./events/stamp-event.ts";
export type { Watch } from "./events/watch.ts";
export type { AuditEvent, AuditSink } from "./http/access/audit-event.ts";
export type { RouteAccess } from "./http/access/route-access.ts";
export type { Authenticate, AuthenticateAnswer } from "./http/admission/authentication.ts";
export type { Answer } from "./http/answer.ts";
export type { ConnectionInfo, FetchServer } from "./http/fetch-server.ts";
export type { MatchedRoute, RequestAbout } from "./http/request-about.ts";
export type { Credential, RouteAuth } from "./http/route/route.ts";
export type { Connect, Socket } from "./http/socket.ts";
export type { Next, Stage } from "./http/stages.ts";
export type { CallerLimits, Limits } from "./limits/caller-limits.ts";
export { type DecorateOptions, decorate } from "./llm/decorators/decorate.ts";
export {
  type CompletionLog,
  type CompletionLogOptions,
  withCompletionLog,
} from "./llm/decorators/with-completion-log.ts";
export { withDeadline } from "./llm/decorators/with-deadline.ts";
export { withLlmErrors } from "./llm/decorators/with-llm-errors.ts";
export { withPrice } from "./llm/decorators/with-price.ts";
export { type RetryOptions, type RetryPolicy, type Sleep, withRetry } from "./llm/decorators/with-retry.ts";
export type { Llm, LlmDelta, LlmReply, LlmRequest, LlmUsage, ToolSchema } from "./llm/llm.ts";
export { LlmError, type LlmErrorName, type LlmErrorOptions } from "./llm/llm-error.ts";
export type { PricedConfig } from "./llm/pricing.ts";
export { type RouterLlm, routerLlm, type SelectLlm } from "./llm/routing/router-llm.ts";
export { type MultimodalRouterOptions, multimodalRouter, randomRouter } from "./llm/routing/routers.ts";
export { withFallbacks } from "./llm/routing/with-fallbacks.ts";
export type { Logger } from "./logger.ts";
export { type AuditFileOptions, auditFile } from "./node/audit/audit-file.ts";
export type { Listening } from "./node/listen.ts";
export type {
  ClusterSample,
  CommitBegun,
  DiskSample,
  ModelCallBegun,
  ModelCallEnded,
  ModelTokens,
  Observer,
  OutgoingBegun,
  OutgoingEnded,
  Piece,
  RequestBegun,
  RequestEnded,
  RunBegun,
  RunEnded,
  ServerObserver,
  ServerSample,
  SocketBegun,
  SocketEnded,
  StepBegun,
  StepEnded,
  TakeoverBegun,
  ToolCallBegun,
  ToolCallEnded,
  WebhookSample,
  Work,
  WorkObserver,
  WorkWatch,
} from "./observing/observer.ts";
export type { Access, Principal, Reach, ReachFacts, Scope } from "./principal.ts";
export type { SecretMask } from "./secrets/masking/secret-mask.ts";
export type { BrowserOptions } from "./server/browser/browser-options.ts";
export type { ClusterOptions } from "./server/cluster/cluster-options.ts";
export { type AgentServer, createServer } from "./server/create-server.ts";
export type { VscodeOptions } from "./server/editor/vscode-options.ts";
export type { ResolvedOptions } from "./server/options/resolved-options.ts";
export type { ShownOptions } from "./server/options/shown-options.ts";
export type {
  BuiltIn,
  KeyRefreshSource,
  MarketplaceOptions,
  ReferenceDataOptions,
  ServerOptions,
} from "./server/options.ts";
export { type ServerInput, toServer } from "./server/to-server.ts";
export type { WebhookOptions } from "./server/webhooks/webhook-options.ts";
export type {
  BashEventFilter,
  BashEventQuery,
  BashEventStore,
  BashScope,
  NewBashEvent,
  StoredBashEvent,
  UnfinishedCommand,
} from "./stores/bash-events.ts";
export {
  assertDocumentChanges,
  assertDocumentRoom,
  type DocumentChange,
  type DocumentOutcome,
  type DocumentStore,
  type DocumentTotals,
  type StoredDocument,
} from "./stores/documents.ts";
export type {
  EventFrame,
  Following,
  Frame,
  FramePlace,
  FrameRelay,
  TextFrame,
  UnstoredFrame,
} from "./stores/frame-relay.ts";
export { LocalOwnership } from "./stores/local-ownership.ts";
export { localRelay } from "./stores/local-relay.ts";
export { memoryStore } from "./stores/memory.ts";
export {
  assertMessages,
  type MessageQuery,
  type MessageSpan,
  type NewMessage,
  type Outbox,
  type QueueQuery,
  type QueueTotals,
  type StoredMessage,
} from "./stores/outbox.ts";
export type { Adopted, ClaimOutcome, LivingNode, NodeOptions, Owner, Ownership } from "./stores/ownership.ts";
export type { FrameFeed } from "./stores/relay/frame-feed.ts";
export type { ReadStore } from "./stores/relay/log-reader.ts";
export { type SharedRelayOptions, sharedRelay } from "./stores/relay/shared-relay.ts";
export { type SqliteStoreOptions, sqliteStore } from "./stores/sqlite.ts";
export type {
  Change,
  ConversationFilter,
  ConversationHeader,
  ConversationQuery,
  ConversationRecord,
  ConversationStore,
  EventFilter,
  EventQuery,
  EventStore,
  Store,
  StoredEvent,
} from "./stores/store.ts";
export {
  defineTool,
  type ToolContext,
  type ToolOutput,
  type ToolResult,
  type ToolSource,
} from "./tools/define-tool.ts";
export type {
  Tool,
  ToolCallContext,
  ToolExecutor,
  ToolHost,
  ToolSecrets,
  ToolStorage,
  WireNames,
} from "./tools/tool.ts";
export type { OpenedModel, ProfiledModel, ToolModels } from "./tools/tool-models.ts";
export type { LlmConfig, LlmConfigInput } from "./wire/agent/llm-config.ts";
export type { ConfirmationPolicy, SecurityAnalyzer } from "./wire/agent/policies.ts";
export type { ToolAnnotations } from "./wire/agent/tool-definition.ts";
export type {
  ChildConversation,
  ConversationInfo,
  ConversationSortOrder,
  EventSortOrder,
  LaunchedAgentProfile,
  RuntimeInfo,
  UpdateConversationRequest,
} from "./wire/conversation.ts";
export type { NewConversation, StartConversationRequest } from "./wire/conversation-request.ts";
export type {
  ActionEvent,
  AgentErrorEvent,
  ConversationStateUpdateEvent,
  CriticResult,
  Event,
  MessageEvent,
  NewEvent,
  ObservationEvent,
  TransientEvent,
} from "./wire/events/events.ts";
export {
  type Content,
  type Message,
  type MessageToolCall,
  type ReasoningItem,
  type SendMessageRequest,
  type TextContent,
  type ThinkingBlock,
  text,
} from "./wire/events/message.ts";
export type { Observation } from "./wire/events/observations.ts";
export type {
  DeltaFrame,
  DurableFrame,
  ItemAbortedFrame,
  ItemStartedFrame,
  SessionFrame,
  SocketErrorFrame,
  SyncFrame,
  TransientFrame,
} from "./wire/events/session-frames.ts";
export type { ExecutionStatus } from "./wire/execution-status.ts";
export type { SecretSource, SecretSources } from "./wire/secret-source.ts";
export type {
  ContainerEngine,
  ContainerLimits,
  ContainerOptions,
  RequestLimits,
} from "./workspace/container/container-options.ts";
export { containerWorkspace } from "./workspace/container/container-workspace.ts";
export { type LocalWorkspaceOptions, localWorkspace } from "./workspace/local/local-workspace.ts";
export type { MachineClaim, MachineClaims } from "./workspace/machine-claim.ts";
export type {
  MachineKind,
  MachineLimits,
  MachineState,
  Machines,
  MachinesHost,
} from "./workspace/machines.ts";
export { remoteWorkspace } from "./workspace/remote/remote-workspace.ts";
export type { SandboxAddress, SandboxedConversation, SandboxHost } from "./workspace/remote/sandbox-host.ts";
export { sandboxWorkspaces } from "./workspace/remote/sandbox-workspaces.ts";
export type { RemoteOptions } from "./workspace/remote/server/remote-options.ts";
export type { SandboxLimits, SandboxOptions } from "./workspace/sandbox/sandbox-options.ts";
export { sandboxedWorkspace } from "./workspace/sandbox/sandboxed-workspace.ts";
export type {
  Argv,
  Handover,
  OpenWorkspace,
  OutputChunk,
  ResumedTerminal,
  ResumeOptions,
  RunOptions,
  RunResult,
  Workspace,
  WorkspaceInfo,
  WorkspaceSpec,
} from "./workspace/workspace.ts";
export { WorkspaceError, type WorkspaceErrorCode } from "./workspace/workspace-error.ts";
export type {
  ByteRange,
  DirectoryEntry,
  DirectoryListing,
  FileContent,
  FileStatus,
  FileType,
  ReadOptions,
  WorkspaceFiles,
  WriteOptions,
} from "./workspace/workspace-files.ts";
export type {
  CommandEnd,
  TerminalOptions,
  WaitOptions,
  WaitOutcome,
  WorkspaceTerminal,
} from "./workspace/workspace-terminal.ts";
