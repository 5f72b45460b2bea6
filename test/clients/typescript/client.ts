import { createRequire } from "node:module";

/** The package asks for `ws` with a bare `require`, which an ES module does not have; without it there is no socket. */
Object.assign(globalThis, { require: createRequire(import.meta.url) });

export const {
  AgentServerFeatureRequirements,
  assertAgentServerSupports,
  BashWebSocketClient,
  Conversation,
  ConversationManager,
  HttpClient,
  HttpError,
  Workspace,
} = await import("@openhands/typescript-client");
export const {
  AgentProfilesClient,
  BashClient,
  ConversationClient,
  FileClient,
  HooksClient,
  LLMMetadataClient,
  MetaProfilesClient,
  PluginsClient,
  ProfilesClient,
  ServerClient,
  SettingsClient,
  SkillsClient,
  SubAgentsClient,
  ToolClient,
  VSCodeClient,
  WorkspacesClient,
} = await import("@openhands/typescript-client/clients");
