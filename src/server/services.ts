import { rm } from "node:fs/promises";
import { join } from "node:path";
import { absolutePath } from "../absolute-path.ts";
import type { ServerLogins } from "../acp/launch/acp-host.ts";
import type { ExtensionFactory } from "../agent/loop/extension.ts";
import { graySwanKeysIn } from "../agent/security/services/gray-swan-keys.ts";
import { BashCommands } from "../bash/bash-commands.ts";
import { ConversationManager } from "../conversations/conversation-manager.ts";
import { messageOf } from "../errors.ts";
import type { ExtensionPlace } from "../extensions/place.ts";
import { providerKeysIn } from "../llm/providers.ts";
import { isMetadataAddress } from "../outbound/addresses.ts";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import { createSelfFetch } from "../outbound/self-fetch.ts";
import type { BashDeps } from "../routes/machine/bash.ts";
import type { SettingsDeps } from "../routes/settings/settings-deps.ts";
import { type Cipher, createRotatingCipher } from "../secrets/cipher.ts";
import { type LookupFetch, type LookupOptions, lookUpSecret } from "../secrets/lookup-secret.ts";
import { ServerSecrets } from "../secrets/server-secrets.ts";
import { Documents } from "../settings/documents/documents.ts";
import type { DocumentStore } from "../stores/documents.ts";
import { sqliteStore } from "../stores/sqlite.ts";
import type { Store } from "../stores/store.ts";
import { BROWSER, namedTools, presetTools } from "../tools/catalogue.ts";
import { startChildTool } from "../tools/child-conversation/start-child-tool.ts";
import { ToolRegistry } from "../tools/registry.ts";
import { untilAborted } from "../waiting.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";
import { toHex } from "../wire/ids.ts";
import type { SecretSource } from "../wire/secret-source.ts";
import { LazyWorkspace } from "../workspace/lazy-workspace.ts";
import { localFiles } from "../workspace/local/local-files.ts";
import { localWorkspace } from "../workspace/local/local-workspace.ts";
import type { Machines } from "../workspace/machines.ts";
import type { WorkspaceSpec } from "../workspace/workspace.ts";
import { acpModels, type LazyAcpModels } from "./acp/acp-models.ts";
import { acpRunners } from "./acp/acp-runners.ts";
import { type BoundLogins, boundLogins } from "./acp/bound-logins.ts";
import { loginGuard } from "./acp/login-guard.ts";
import { savedLogins } from "./acp/saved-logins.ts";
import { type AppAccess, appAccess } from "./apps/app-access.ts";
import { type BrowserAccess, browserAccess } from "./browser/browser-access.ts";
import { extensionPlaces } from "./extension-place.ts";
import { agentFiles } from "./launch/agent-files.ts";
import { launchTrial } from "./launch/launch-trial.ts";
import { pluginLoader } from "./launch/plugin-loader.ts";
import { profileSource } from "./launch/profile-source.ts";
import { llmFactory } from "./llm-factory.ts";
import { mcpNetwork } from "./mcp/mcp-network.ts";
import { type LazyMcpTrials, mcpTrials } from "./mcp/mcp-trials.ts";
import type { ResolvedOptions } from "./options/resolved-options.ts";
import { withOwnSecrets } from "./own-secrets.ts";
import { UNLISTED_URL } from "./own-urls.ts";
import { foundData } from "./reference-data/found-data.ts";
import { settingsTakeover } from "./reference-data/settings-takeover.ts";
import { removalNotes } from "./removal-notes.ts";
import { settingsRooms } from "./settings-rooms.ts";
import { userFolder } from "./user-folder.ts";
import { serverWebhooks } from "./webhooks/server-webhooks.ts";

/** Name of the SQLite database in `conversationsPath`. */
export const DATABASE_FILE = "agent-server.db";

/**
 * Folder in `conversationsPath` for what the machine of the server's own routes keeps. No conversation has this name.
 */
const MACHINE_FOLDER = "machine";

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
  /** Bash commands of clients. */
  readonly bash: BashDeps;
  /** Settings, secrets, profiles: the documents that belong to no conversation. */
  readonly documents: Documents;
  /** Sends what happens in conversations. undefined where there are no receivers. */
  readonly webhooks: Webhooks | undefined;
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
  /** Returns the time of the last activity in milliseconds since 1970. */
  lastActivity(): number;
}

/** Access of the server to its own routes. */
export interface SelfAccess {
  ownUrls(): string[];
  /** Answers a request to this server in process. */
  serve(request: Request): Promise<Response>;
}

/** Builds the services from options. None of them knows HTTP. */
export function createServices(options: ResolvedOptions, self: SelfAccess): Services {
  const { clock, logger, environment, conversationsPath, dataFolder, secretKey } = options;
  if (secretKey === undefined) {
    logger.warn(
      {},
      "no secret key is set (secretKey, OH_SECRET_KEY): the secrets and model keys of conversations are not stored and are " +
        "lost on restart; those of settings and profiles are stored in clear",
    );
  }
  if (secretKey === undefined && options.ui !== null) {
    logger.warn(
      {},
      "ui: Agent Canvas starts no conversation on a server that cannot encrypt: set secretKey to a long random text, and keep it",
    );
  }
  const store = options.store ?? sqliteStore({ path: join(dataFolder, DATABASE_FILE) });
  const graySwan = graySwanKeysIn(environment);
  const serverSecrets = new ServerSecrets([
    ...options.apiKeys,
    ...(secretKey === undefined ? [] : [secretKey]),
    ...options.previousSecretKeys,
    ...providerKeysIn(environment),
    ...(graySwan.apiKey === undefined ? [] : [graySwan.apiKey]),
    ...options.webhooks.flatMap(({ secret }) => secret ?? []),
  ]);
  const openWorkspace =
    options.workspace ??
    localWorkspace({
      environment,
      commandEnvironment: options.commandEnvironment,
      terminalPriority: options.terminalPriority,
      idleTimeoutSeconds: options.idleTimeoutSeconds,
    });
  const cipher = cipherOf(options);
  const takeover = settingsTakeover(options, { store: store.documents, cipher });
  const documents = new Documents({ store: takeover.store, cipher, logger });
  const settings = settingsRooms({
    documents,
    cipher,
    clock,
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
  let lastActivity = clock.now();
  const onActivity = () => {
    lastActivity = clock.now();
  };
  const userDir = userFolder(options.userDir, logger);
  const machines = openWorkspace.machines?.serve({
    stateFolder: dataFolder,
    existing: async (ids) => new Set((await store.conversations.find(ids, [])).map(({ id }) => id)),
    onError: (error) => logger.warn({ error: messageOf(error) }, "Left machines cannot be removed"),
  });
  const webhooks = serverWebhooks(options, store);
  const mcp = mcpNetwork(settings, options, webhooks);
  // As with lookups: where the host tells users apart, what one of them keeps is not given to all.
  const saved = options.authenticate === undefined ? savedLogins(settings.secrets) : undefined;
  const bound = boundLogins(
    createGuardedFetch(async (address) => !(await isMetadataAddress(address)), options.companyProxy),
  );
  const logins: ServerLogins = (asked) => async (name) =>
    bound.find(asked.conversationId, name) ?? saved?.(asked)(name);
  const conversations: ConversationManager = new ConversationManager({
    machines,
    store,
    clock,
    logger,
    tools,
    cipher,
    createLlm,
    serverSecrets,
    graySwan,
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
    openingGuard: loginGuard(bound),
    runners: { ACPAgent: acpRunners({ environment, logins, retryDelays: options.acpRetryDelays }) },
    dataDir: (id) => join(dataFolder, toHex(id)),
    persistenceDir: conversationsPath,
    worktreeRoot: options.worktreeRoot === undefined ? undefined : absolutePath(options.worktreeRoot),
    userDir,
    idleTtlSeconds: options.idleTtlSeconds,
    maxConcurrentRuns: options.maxConcurrentRuns,
    maxQueuedRuns: options.maxQueuedRuns,
    budgets: options.budgets,
    internalUrl: lookup.internalUrl,
    lookupFetch: lookup.fetch,
    onActivity,
  });
  const machine = new LazyWorkspace(() => openWorkspace(machineSpec(dataFolder)));
  const place = extensionPlaces(options, { machine, userDir });
  const kept = options.store === undefined ? databaseFiles(dataFolder) : [];
  const retentionSeconds = options.bashEventsRetentionSeconds;
  const bash: BashDeps = {
    commands: new BashCommands({ store, clock, logger, retentionSeconds }),
    mask: () => serverSecrets.mask(),
    onActivity,
  };
  return {
    store,
    documents,
    settings,
    webhooks,
    browser,
    logins: bound,
    acpModels: acpModels({
      ...{ environment, logins, openWorkspace, clock, logger, folder: dataFolder },
      secrets: { ...lookup, server: serverSecrets, clock, logger },
    }),
    mcpTrials: mcpTrials({ cipher, clock, remote: mcp, machine }),
    tools,
    conversations,
    machine,
    machines,
    kept,
    extensionPlace: place,
    apps: appAccess(options, place),
    secretValue: async (source) =>
      (source.kind === "LookupSecret" ? await lookUpSecret(source, lookup) : source.value) ?? undefined,
    bash,
    takeOverSettings: takeover.begin,
    rotateKeys: () => rotateKeys(options, { documents: takeover.store, cipher }),
    runtime: openWorkspace.machines?.runtime ?? "local",
    lastActivity: () => lastActivity,
  };
}

/** With an `authenticate` of the host, what a caller may see is its matter, so its answer decides. */
function lookupFetch(
  { authenticate, companyProxy }: ResolvedOptions,
  { self, settings }: { self: SelfAccess; settings: SettingsDeps },
): LookupFetch {
  const fetch: LookupFetch = createSelfFetch({
    ownUrls: self.ownUrls,
    serve: (request) => untilAborted(self.serve(request), request.signal),
    // Secrets may come from the client's machine or network, so only metadata services are refused.
    elsewhere: createGuardedFetch(async (address) => !(await isMetadataAddress(address)), companyProxy),
  });
  if (authenticate !== undefined) return fetch;
  const value = async (name: string) => (await settings.secrets()).value(name);
  return withOwnSecrets(fetch, { ownUrls: self.ownUrls, value });
}

/** Conversations are left to their next change and to the command: there may be many. */
async function rotateKeys(
  { previousSecretKeys, logger }: ResolvedOptions,
  { documents, cipher }: { documents: DocumentStore; cipher: Cipher | undefined },
): Promise<void> {
  if (cipher === undefined || previousSecretKeys.length === 0) return;
  const { resealDocuments } = await import("../settings/documents/reseal-documents.ts");
  const { renewed } = await resealDocuments(documents, { cipher });
  if (renewed > 0) logger.info({ secrets: renewed }, "Kept secrets are sealed with the new secret key");
}

function cipherOf({ secretKey, previousSecretKeys, clock }: ResolvedOptions): Cipher | undefined {
  return secretKey === undefined ? undefined : createRotatingCipher({ secretKey, previousSecretKeys, clock });
}

/** The database and the files that SQLite keeps next to it. */
function databaseFiles(dataFolder: string): string[] {
  return ["", "-wal", "-shm", "-journal"].map((end) => join(dataFolder, DATABASE_FILE + end));
}

/** The machine of routes that belong to no conversation works where the server was started. */
function machineSpec(dataFolder: string): WorkspaceSpec {
  const workingDir = absolutePath(".");
  return {
    conversationId: null,
    workingDir,
    dataDir: join(dataFolder, MACHINE_FOLDER),
    requested: { kind: "LocalWorkspace", working_dir: workingDir },
  };
}

function extensionFactory({ extensions = [] }: ResolvedOptions): ExtensionFactory {
  return typeof extensions === "function" ? extensions : () => extensions;
}
