import type { ConversationManager } from "../conversations/conversation-manager.ts";
import type { ExtensionPlace } from "../extensions/place.ts";
import type { Route } from "../http/route/route.ts";
import type { SocketRoute } from "../http/sockets/socket-route.ts";
import type { LlmCatalogue } from "../settings/llm-catalogue/llm-catalogue.ts";
import type { MarketplaceRegistration } from "../wire/agent/agent-context.ts";
import type { SecretSource } from "../wire/secret-source.ts";
import type { LazyWorkspace } from "../workspace/lazy-workspace.ts";
import { type AccessKeyDeps, accessKeyRoutes } from "./access/access-keys.ts";
import { appBackendRoutes } from "./apps/app-backends.ts";
import type { AppDeps } from "./apps/app-deps.ts";
import { canvasExtensionRoutes } from "./apps/canvas-extensions.ts";
import { ingressRoutes, ingressSockets } from "./apps/ingress-routes.ts";
import { asideRoutes } from "./asides.ts";
import { type ClusterDeps, clusterRoutes, clusterSockets } from "./cluster/between-nodes.ts";
import { conversationRuntimeRoutes } from "./conversation-runtime.ts";
import { conversationTreeRoutes } from "./conversation-tree.ts";
import { conversationVerbRoutes } from "./conversation-verbs.ts";
import { conversationRoutes } from "./conversations.ts";
import { eventRoutes } from "./events.ts";
import { installedSkillRoutes } from "./extensions/installed-skills.ts";
import { pluginRoutes } from "./extensions/plugins.ts";
import { projectFileRoutes } from "./extensions/project-files.ts";
import { skillRoutes } from "./extensions/skills.ts";
import { type GatewayDeps, gatewayRoutes } from "./gateway.ts";
import { goalRoutes } from "./goals.ts";
import { type InitDeps, initRoutes } from "./init/init.ts";
import { archiveRoutes } from "./machine/archive.ts";
import { type BashDeps, bashRoutes } from "./machine/bash.ts";
import { type CredentialBindingDeps, credentialBindingRoutes } from "./machine/credential-bindings.ts";
import { fileSearchRoutes } from "./machine/file-search.ts";
import { fileRoutes } from "./machine/files.ts";
import { gitRoutes } from "./machine/git.ts";
import { conversationScope, serverScope, withActivity } from "./machine/machine-scope.ts";
import { trajectoryRoutes } from "./machine/trajectory.ts";
import { type EditorAccess, vscodeRoutes } from "./machine/vscode.ts";
import { workspaceFileRoutes } from "./machine/workspace-files.ts";
import { type WorkspaceSessionDeps, workspaceSessionRoutes } from "./machine/workspace-session.ts";
import { modelSwitchRoutes } from "./model-switches.ts";
import { type ServerRoutesDeps, serverRoutes } from "./server.ts";
import { type AcpModels, acpModelRoutes } from "./settings/acp-models.ts";
import { agentProfileRoutes } from "./settings/agent-profiles.ts";
import { llmCatalogueRoutes } from "./settings/llm-catalogue.ts";
import { llmProfileRoutes } from "./settings/llm-profiles.ts";
import { type McpTrials, mcpRoutes } from "./settings/mcp.ts";
import { metaProfileRoutes } from "./settings/meta-profiles.ts";
import { providerConnectionRoutes } from "./settings/provider-connections.ts";
import { repositoryRoutes } from "./settings/repositories.ts";
import { secretRoutes } from "./settings/secrets.ts";
import { settingsRoutes } from "./settings/settings.ts";
import type { SettingsDeps } from "./settings/settings-deps.ts";
import { subscriptionRoutes } from "./settings/subscription.ts";
import { savedWorkspaceRoutes } from "./settings/workspaces.ts";
import { bashSocketRoutes, conversationSocketRoutes, type SocketDeps } from "./sockets.ts";
import { type ListedTools, toolRoutes } from "./tools.ts";

/** Services for the routes. */
export interface RoutesDeps {
  conversations: ConversationManager;
  /** The machine of routes that belong to no conversation. */
  machine: LazyWorkspace;
  /** Absolute paths on that machine that requests may not write to. */
  kept: readonly string[];
  /** Bash commands of clients. */
  bash: BashDeps;
  /** The editor for browsers. */
  editor: EditorAccess;
  server: ServerRoutesDeps;
  /** The tools of the server. */
  tools(): ListedTools;
  /** Names of models and providers. Loaded when first asked. */
  llmCatalogue(): Promise<LlmCatalogue>;
  /** The machine on which skills, plugins, hooks and sub-agents lie. */
  extensionPlace(): Promise<ExtensionPlace>;
  /** Extensions of Agent Canvas and their back ends. */
  apps: AppDeps;
  /** The marketplaces that the operator registers. */
  marketplaces: readonly MarketplaceRegistration[];
  /** Resolves the value of a secret that a request brings. undefined for one without a value. */
  secretValue(source: SecretSource): Promise<string | undefined>;
  settings: SettingsDeps;
  accessKeys: AccessKeyDeps;
  /** The models of agents that are other programs. */
  acpModels: AcpModels;
  /** Logins that other servers keep for conversations. */
  logins: CredentialBindingDeps["logins"];
  /** Trials of MCP servers. Loaded when first asked. */
  mcpTrials(): Promise<McpTrials>;
  workspaceSession: WorkspaceSessionDeps;
  /** The start of a server that is configured later. */
  init: InitDeps;
  /** The active agent for clients of OpenAI's API. */
  gateway: GatewayDeps;
  sockets: SocketDeps;
  /** The other servers. undefined for a server alone. */
  cluster: ClusterDeps | undefined;
}

/** Every route of the server. A new resource is one line here. */
export function allRoutes({
  conversations,
  machine,
  kept,
  bash,
  editor,
  server,
  tools,
  llmCatalogue,
  extensionPlace,
  apps,
  marketplaces,
  secretValue,
  acpModels,
  logins,
  settings,
  accessKeys,
  mcpTrials,
  workspaceSession,
  init,
  gateway,
  cluster,
}: RoutesDeps): Route[] {
  const ofServer = serverScope(machine, kept);
  const scopes = [ofServer, conversationScope(conversations)];
  const active = scopes.map((scope) => withActivity(scope, bash.onActivity));
  return [
    ...serverRoutes(server),
    ...initRoutes(init),
    ...conversationRoutes(conversations),
    ...conversationVerbRoutes(conversations),
    ...conversationTreeRoutes(conversations),
    ...goalRoutes(conversations),
    ...asideRoutes(conversations),
    ...modelSwitchRoutes({ conversations, launches: settings.profileLaunches }),
    ...credentialBindingRoutes({ conversations, logins }),
    ...conversationRuntimeRoutes(conversations, server),
    ...eventRoutes(conversations),
    ...(cluster === undefined ? [] : clusterRoutes(conversations, cluster)),
    ...gatewayRoutes(gateway),
    ...toolRoutes(tools),
    ...llmCatalogueRoutes(llmCatalogue),
    ...llmProfileRoutes(settings),
    ...metaProfileRoutes(settings),
    ...agentProfileRoutes(settings),
    ...acpModelRoutes(acpModels),
    ...subscriptionRoutes(settings.subscription),
    ...skillRoutes(extensionPlace, marketplaces),
    ...installedSkillRoutes(extensionPlace),
    ...pluginRoutes({ place: extensionPlace, secretValue }),
    ...projectFileRoutes({ place: extensionPlace, tools }),
    ...canvasExtensionRoutes(apps),
    ...appBackendRoutes(apps),
    ...ingressRoutes(apps),
    ...settingsRoutes(settings),
    ...mcpRoutes(mcpTrials),
    ...secretRoutes(settings),
    ...accessKeyRoutes(accessKeys),
    ...providerConnectionRoutes(settings),
    ...savedWorkspaceRoutes(settings),
    ...repositoryRoutes(settings),
    ...workspaceSessionRoutes(workspaceSession),
    ...workspaceFileRoutes(conversations),
    ...active.flatMap(fileRoutes),
    ...active.flatMap(archiveRoutes),
    ...trajectoryRoutes(conversations),
    ...fileSearchRoutes(ofServer),
    ...active.flatMap(gitRoutes),
    ...scopes.flatMap((scope) => bashRoutes(scope, { ...bash, conversations })),
    ...scopes.flatMap((scope) => vscodeRoutes(scope, editor)),
  ];
}

/** Every socket of the server. */
export function allSockets({
  conversations,
  machine,
  kept,
  bash,
  apps,
  cluster,
  sockets,
}: RoutesDeps): SocketRoute[] {
  return [
    ...conversationSocketRoutes(conversations, sockets),
    ...bashSocketRoutes(serverScope(machine, kept), { ...sockets, ...bash }),
    ...ingressSockets(apps),
    ...(cluster === undefined ? [] : clusterSockets(cluster)),
  ];
}
