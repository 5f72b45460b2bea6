import { rm } from "node:fs/promises";
import { join } from "node:path";
import { absolutePath } from "../absolute-path.ts";
import type { ExtensionFactory } from "../agent/loop/extension.ts";
import { graySwanKeysIn } from "../agent/security/services/gray-swan-keys.ts";
import { BashCommands } from "../bash/bash-commands.ts";
import { LivingMachines } from "../cluster/membership/living-machines.ts";
import { ConversationManager } from "../conversations/conversation-manager.ts";
import type { ExtensionPlace } from "../extensions/place.ts";
import { Auditor } from "../http/access/auditor.ts";
import { Limiter } from "../limits/limiter.ts";
import type { Observers } from "../observing/observers.ts";
import type { BashDeps } from "../routes/machine/bash.ts";
import type { SettingsDeps } from "../routes/settings/settings-deps.ts";
import { type LookupOptions, lookUpSecret } from "../secrets/lookup-secret.ts";
import { Documents } from "../settings/documents/documents.ts";
import { NodeSeat } from "../stores/nodes/node-seat.ts";
import { readThrough } from "../stores/read-through.ts";
import type { Store } from "../stores/store.ts";
import { BROWSER, namedTools, presetTools } from "../tools/catalogue.ts";
import { startChildTool } from "../tools/child-conversation/start-child-tool.ts";
import { ToolRegistry } from "../tools/registry.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { toHex } from "../wire/ids.ts";
import type { SecretSource } from "../wire/secret-source.ts";
import type { LazyWorkspace } from "../workspace/lazy-workspace.ts";
import { localFiles } from "../workspace/local/local-files.ts";
import type { Machines } from "../workspace/machines.ts";
import { acpModels, type LazyAcpModels } from "./acp/acp-models.ts";
import { acpRunners } from "./acp/acp-runners.ts";
import type { BoundLogins } from "./acp/bound-logins.ts";
import { loginGuard } from "./acp/login-guard.ts";
import { openLogins } from "./acp/open-logins.ts";
import { type AppAccess, appAccess } from "./apps/app-access.ts";
import { type BrowserAccess, browserAccess } from "./browser/browser-access.ts";
import { machineOf } from "./cluster/machine.ts";
import { type Membership, membership } from "./cluster/membership.ts";
import { type Cluster, openCluster } from "./cluster/open-cluster.ts";
import { openDatabase } from "./data-folder/database.ts";
import { removalNotes } from "./data-folder/removal-notes.ts";
import { extensionPlaces } from "./extension-place.ts";
import { agentFiles } from "./launch/agent-files.ts";
import { launchTrial } from "./launch/launch-trial.ts";
import { pluginLoader } from "./launch/plugin-loader.ts";
import { profileSource } from "./launch/profile-source.ts";
import { Activity } from "./lifetime/activity.ts";
import { llmFactory } from "./llm-factory.ts";
import { lookupFetch, type SelfAccess } from "./lookups/lookup-fetch.ts";
import { UNLISTED_URL } from "./lookups/own-urls.ts";
import { lastingMachines, ownMachine, workspaceOpener } from "./machines/open-machines.ts";
import { mcpNetwork } from "./mcp/mcp-network.ts";
import { type LazyMcpTrials, mcpTrials } from "./mcp/mcp-trials.ts";
import type { ResolvedOptions } from "./options/resolved-options.ts";
import { foundData } from "./reference-data/found-data.ts";
import { settingsTakeover } from "./reference-data/settings-takeover.ts";
import { ownKeys } from "./sealing/own-keys.ts";
import { rotateKeys } from "./sealing/rotate-keys.ts";
import { serverCipher } from "./sealing/server-cipher.ts";
import { settingsRooms } from "./settings-rooms.ts";
import { watchedStore } from "./telemetry/watched-store.ts";
import { userFolder } from "./user-folder.ts";
import { serverWebhooks } from "./webhooks/server-webhooks.ts";

/** The services of one server, used by routes and in-process callers. */
export interface Services {
  readonly store: Store;
  readonly tools: ToolRegistry;
  readonly conversations: ConversationManager;
  /** The machine of routes that belong to no conversation. */
  readonly machine: LazyWorkspace;
  /** The machines of conversations that stay when workspaces are closed. undefined where there are none. */
  readonly machines: Machines | undefined;
  /** Where conversations run, as clients name it. */
  readonly runtime: "local" | "docker";
  /** Absolute paths on that machine that requests may not write to: the database. */
  readonly kept: readonly string[];
  /** Where extensions lie: on that machine. */
  extensionPlace(): Promise<ExtensionPlace>;
  /** Extensions of Agent Canvas and their back ends. */
  readonly apps: AppAccess;
  /** Resolves the value of a secret that a request brings. undefined for one without a value. */
  secretValue(source: SecretSource): Promise<string | undefined>;
  /** Holds clients to their limits. */
  readonly limiter: Limiter;
  /** Reports what callers are allowed and refused. undefined where nothing takes reports. */
  readonly auditor: Auditor | undefined;
  /** Bash commands of clients. */
  readonly bash: BashDeps;
  /** Settings, secrets, profiles: the documents that belong to no conversation. */
  readonly documents: Documents;
  /** Sends what happens in conversations. undefined where there are no receivers. */
  readonly webhooks: Webhooks | undefined;
  /** The other servers. undefined for a server alone. */
  readonly cluster: Cluster | undefined;
  /** This server among the nodes of the store. */
  readonly seat: NodeSeat;
  /** Takes over what other servers have left. undefined for a server alone. */
  readonly membership: Membership | undefined;
  /** The browser of agents. */
  readonly browser: BrowserAccess;
  /** Trials of MCP servers. */
  readonly mcpTrials: LazyMcpTrials;
  /** The models of agents that are other programs. */
  readonly acpModels: LazyAcpModels;
  readonly logins: BoundLogins;
  /** The rooms that read and write these documents. */
  readonly settings: SettingsDeps;
  /** Takes over the settings of the reference, once. Reading and writing settings waits for it. Never rejects. */
  takeOverSettings(): Promise<void>;
  /** Encrypts the kept secrets of earlier keys with today's. Does nothing without earlier keys. */
  rotateKeys(): Promise<void>;
  /** Returns the seconds since the last activity. */
  idleSeconds(): number;
}

/** Builds the services from options. None of them knows HTTP. */
export function createServices(options: ResolvedOptions, self: SelfAccess, observers: Observers): Services {
  const { clock, logger, environment, conversationsPath, dataFolder } = options;
  const cipher = serverCipher(options);
  const { store, files } = openDatabase(options, observers);
  const serverSecrets = ownKeys(options);
  const openWorkspace = workspaceOpener(options, observers);
  const cluster = openCluster(options, { store, cipher, observers });
  const relayed = cluster === undefined ? store : readThrough(store, { relay: cluster.relay });
  const takeover = settingsTakeover(options, { store: store.documents, cipher });
  const documents = new Documents({ store: takeover.store, cipher, logger });
  const settings = settingsRooms({
    documents,
    cipher,
    clock,
    claim: (id) => seat.claim(id),
    companyProxy: options.companyProxy,
    createLlm: (config) => createLlm(config, { onCompletion: () => {}, isKeyLost: false }),
    async skills({ isPublic }) {
      const { sharedSkills } = await import("../extensions/skills/shared-skills.ts");
      return sharedSkills(await place(), { ofUser: true, isPublic, list: "marketplaces/default.json" });
    },
    trial: launchTrial(() => tools),
  });
  const lookup: LookupOptions = {
    internalUrl: () => self.ownUrls()[0] ?? UNLISTED_URL,
    fetch: lookupFetch(options, { self, settings }),
  };
  const { subscription, connections } = settings;
  const createLlm = llmFactory(options, {
    serverSecrets,
    lookup,
    subscription,
    connections,
    observers,
    savedModel: async (name) => (await settings.profileLaunches()).model(name),
  });
  const childTool = startChildTool({ launch: (id, child) => conversations.startChild(id, child) });
  const browser = browserAccess(options);
  const tools = new ToolRegistry([
    ...namedTools(),
    childTool,
    browser.tools,
    ...presetTools(),
    ...options.tools,
  ]);
  const activity = new Activity(clock);
  const userDir = userFolder(options.userDir, logger);
  const machines = lastingMachines(openWorkspace, { store, dataFolder, logger });
  const webhooks = serverWebhooks(options, store, observers);
  const mcp = mcpNetwork(settings, { ...options, observers }, webhooks);
  const logins = openLogins(options, settings.secrets);
  const boundTo = machineOf(options);
  const ownership = cluster?.ownership ?? store.ownership;
  const seat = new NodeSeat(ownership, { machine: boundTo });
  const living = cluster && new LivingMachines({ ownership, own: boundTo });
  const limiter = new Limiter({
    limits: options.limits,
    documents: store.documents,
    logger,
    observers,
    now: () => clock.now(),
  });
  const conversations: ConversationManager = new ConversationManager({
    machines,
    store: watchedStore(relayed, observers),
    seat,
    observers,
    ...(cluster && { adopts: true, cutRuns: options.cluster?.cutRuns ?? "continue" }),
    sharesMachines: options.cluster?.placement === "sandbox",
    boundTo,
    isMachineThere: living && ((name) => living.has(name)),
    clock,
    logger,
    tools,
    cipher,
    createLlm,
    serverSecrets,
    graySwan: graySwanKeysIn(environment),
    openWorkspace,
    mcp,
    mail: webhooks,
    removals: removalNotes(dataFolder),
    disk: localFiles,
    found: foundData(options),
    removeFolder: (path) => rm(path, { recursive: true, force: true }),
    extensions: extensionFactory(options),
    plugins: pluginLoader({ serverPlace: () => place(), userDir }),
    agentFiles: agentFiles({
      serverPlace: () => place(),
      userDir,
      hasBrowser: () => tools.isUsable(BROWSER),
      logger,
    }),
    profiles: profileSource(settings, takeover.store),
    acpSkillSourcing: options.acpSkillSourcing,
    openingGuard: loginGuard(logins.bound),
    runners: {
      ACPAgent: acpRunners({ environment, logins: logins.find, retryDelays: options.acpRetryDelays }),
    },
    dataDir: (id) => join(dataFolder, toHex(id)),
    persistenceDir: conversationsPath,
    worktreeRoot: options.worktreeRoot === undefined ? undefined : absolutePath(options.worktreeRoot),
    userDir,
    idleTtlSeconds: options.idleTtlSeconds,
    maxConcurrentRuns: options.maxConcurrentRuns,
    maxQueuedRuns: options.maxQueuedRuns,
    budgets: options.budgets,
    limiter,
    internalUrl: lookup.internalUrl,
    lookupFetch: lookup.fetch,
    onActivity: activity.note,
  });
  const machine = ownMachine(openWorkspace, dataFolder);
  const place = extensionPlaces(options, { machine, userDir });
  const retentionSeconds = options.bashEventsRetentionSeconds;
  const bash: BashDeps = {
    commands: new BashCommands({ store: relayed, seat, clock, logger, retentionSeconds }),
    mask: () => serverSecrets.mask(),
    onActivity: activity.note,
  };
  return {
    store,
    cluster,
    seat,
    membership:
      living && membership({ seat, conversations, living, commands: bash.commands, observers, logger }),
    documents,
    settings,
    webhooks,
    browser,
    logins: logins.bound,
    acpModels: acpModels({
      ...{ environment, logins: logins.find, openWorkspace, clock, logger, folder: dataFolder },
      secrets: { ...lookup, server: serverSecrets, clock, logger },
    }),
    mcpTrials: mcpTrials({ cipher, clock, remote: mcp, machine, seat }),
    tools,
    limiter,
    auditor: auditorOf(options),
    conversations,
    machine,
    machines,
    kept: files,
    extensionPlace: place,
    apps: appAccess(options, place),
    secretValue: async (source) =>
      (source.kind === "LookupSecret" ? await lookUpSecret(source, lookup) : source.value) ?? undefined,
    bash,
    takeOverSettings: takeover.begin,
    rotateKeys: () => rotateKeys(options, { documents: takeover.store, cipher }),
    runtime: openWorkspace.machines?.runtime ?? "local",
    idleSeconds: () => activity.idleSeconds(),
  };
}

function auditorOf({ audit, clock, logger }: ResolvedOptions): Auditor | undefined {
  if (audit === undefined) return undefined;
  return new Auditor({ sink: audit, logger, newId: () => clock.newId(), now: () => clock.now() });
}

function extensionFactory({ extensions = [] }: ResolvedOptions): ExtensionFactory {
  return typeof extensions === "function" ? extensions : () => extensions;
}
