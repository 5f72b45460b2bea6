import type { Server as HttpServer } from "node:http";
import { join, resolve } from "node:path";
import type { OpenAPIObject } from "openapi3-ts/oas31";
import { ConversationManager } from "../conversations/conversation-manager.ts";
import type { CreateLlm } from "../conversations/live/state-keeper.ts";
import { AgentServerError, messageOf } from "../errors.ts";
import type { FetchServer } from "../http/fetch-server.ts";
import { createHttpCore, type HttpCore } from "../http/http-core.ts";
import { createLlm } from "../llm/create-llm.ts";
import { docsAssets } from "../node/docs-assets.ts";
import { type Listening, listen } from "../node/listen.ts";
import { attachWebSockets } from "../node/sockets/upgrade.ts";
import { closeSockets } from "../node/sockets/web-sockets.ts";
import { isMetadataAddress, isPublicAddress } from "../outbound/addresses.ts";
import { createGuardedFetch } from "../outbound/guarded-fetch.ts";
import { loadImage } from "../outbound/load-image.ts";
import { createSelfFetch } from "../outbound/self-fetch.ts";
import { conversationRoutes } from "../routes/conversations.ts";
import { eventRoutes } from "../routes/events.ts";
import { serverRoutes } from "../routes/server.ts";
import { eventSocketRoutes } from "../routes/sockets.ts";
import { createCipher } from "../secrets/cipher.ts";
import type { LookupFetch } from "../secrets/lookup-secret.ts";
import { sqliteStore } from "../stores/sqlite.ts";
import type { Store } from "../stores/store.ts";
import { namedTools } from "../tools/catalogue.ts";
import { ToolRegistry } from "../tools/registry.ts";
import { untilAborted } from "../waiting.ts";
import { toHex } from "../wire/ids.ts";
import { PROTOCOL_VERSION } from "../wire/server-info.ts";
import { childEnvironment } from "../workspace/local/child-environment.ts";
import { readTextFile, removeFolder } from "../workspace/local/files.ts";
import { prepareWorkspace } from "../workspace/local/prepare-workspace.ts";
import { type ResolvedOptions, resolveOptions, type ServerOptions } from "./options.ts";
import { PACKAGE_VERSION } from "./package-version.ts";

/** The product: one object with few verbs. */
export interface AgentServer extends FetchServer, AsyncDisposable {
  readonly options: ResolvedOptions;
  /** The same operations in this process, without HTTP. */
  readonly conversations: ConversationManager;
  /** The OpenAPI 3.1 document that `/openapi.json` serves. */
  openapi(): OpenAPIObject;
  /**
   * Default: port 8000 on 127.0.0.1; port 0 takes any free one. Rejects beyond loopback without keys or
   * `authenticate`, unless `dangerouslyAllowUnauthenticated` is set, and when the port is taken.
   */
  listen(port?: number, host?: string): Promise<Listening>;
  /** Takes the sockets of an `http.Server` whose requests come here through an adapter; gives a function that lets go. */
  attach(httpServer: HttpServer): () => void;
}

/** The SQLite database below `conversationsPath`. */
export const DATABASE_FILE = "agent-server.db";
/** Everything in it goes into every prompt. */
const MAX_POLICY_BYTES = 64 * 1024;
/** Stands for this server while it listens nowhere itself. No name server knows it. */
const UNLISTED_URL = "http://this-server.invalid";

/** Builds a server from options. It is at work at once: nothing needs to be started. */
export function createServer(given: ServerOptions = {}): AgentServer {
  const options = resolveOptions(given);
  const store = options.store ?? sqliteStore({ path: join(options.conversationsPath, DATABASE_FILE) });
  const tools = new ToolRegistry([...namedTools(), ...options.tools]);
  const activity = { at: options.clock.now() };
  const listenings = new Set<Listening>();
  const ownUrls = () => ownUrlsOf(options, listenings);
  const lookupFetch = createSelfFetch({
    ownUrls,
    serve: (request) => untilAborted(core.fetch(request), request.signal),
    // Secrets may well lie on the client's machine or in its network, so only metadata services are out of reach.
    elsewhere: createGuardedFetch((address) => !isMetadataAddress(address)),
  });
  const internalUrl = () => ownUrls()[0] ?? UNLISTED_URL;
  const conversations = createConversations({ options, store, tools, activity, internalUrl, lookupFetch });
  const lifecycle = startLifecycle({ conversations, store, options, endNetwork });
  const core = createCore({ options, conversations, tools, activity, ready: () => lifecycle.ready });
  const server: AgentServer = {
    options,
    conversations,
    handles: core.handles,
    handlesSocket: core.handlesSocket,
    fetch: core.fetch,
    answer: core.answer,
    upgrade: core.upgrade,
    openapi: core.openapi,
    listen: async (port = 8000, host = "127.0.0.1") => {
      refuseOpenHost(host, options);
      const listening = await listen(server, { port, host });
      listenings.add(listening);
      return listening;
    },
    attach: (httpServer) => attachWebSockets(httpServer, server, { basePath: options.basePath }),
    close: lifecycle.close,
    [Symbol.asyncDispose]: lifecycle.close,
  };
  return server;

  async function endNetwork(): Promise<void> {
    await closeSockets(server);
    await Promise.all([...listenings].map((listening) => listening.close()));
  }
}

interface Parts {
  options: ResolvedOptions;
  tools: ToolRegistry;
  /** When something last happened, in milliseconds. */
  activity: { at: number };
}

interface ConversationParts extends Parts {
  store: Store;
  internalUrl(): string;
  lookupFetch: LookupFetch;
}

function createConversations(parts: ConversationParts): ConversationManager {
  const { options, tools, activity, store, internalUrl, lookupFetch } = parts;
  const { clock, logger, environment, conversationsPath, secretKey } = options;
  if (secretKey === undefined) {
    logger.warn({}, "no secret key is set: secrets and model keys are not stored and are lost on restart");
  }
  return new ConversationManager({
    store,
    clock,
    logger,
    tools,
    cipher: secretKey === undefined ? undefined : createCipher(secretKey),
    createLlm: llmFactory(options),
    workspace: {
      prepare: (workingDir) => prepareWorkspace(workingDir, environment),
      resolve,
      readText: (path, workingDir) => readTextFile(resolve(workingDir, path), MAX_POLICY_BYTES),
      remove: removeFolder,
    },
    environment: childEnvironment(environment, options.commandEnvironment),
    dataDir: (id) => resolve(conversationsPath, toHex(id)),
    persistenceDir: conversationsPath,
    idleTtlSeconds: options.idleTtlSeconds,
    maxConcurrentRuns: options.maxConcurrentRuns,
    maxSocketLagBytes: options.maxSocketLagBytes,
    internalUrl,
    lookupFetch,
    onActivity: () => {
      activity.at = clock.now();
    },
  });
}

function llmFactory(options: ResolvedOptions): CreateLlm {
  const { createLlm: custom, environment, logger, allowPrivateImageUrls } = options;
  const fetchImage = createGuardedFetch((address) => allowPrivateImageUrls || isPublicAddress(address));
  return (config, onCompletion) =>
    custom?.(config) ??
    createLlm(config, {
      environment,
      logger,
      onCompletion,
      loadImage: (url, signal) => loadImage(url, signal, fetchImage),
    });
}

/** Where this server is reached, the address for its own use first. */
function ownUrlsOf({ environment, webUrl }: ResolvedOptions, listenings: Iterable<Listening>): string[] {
  const urls = [environment.OH_INTERNAL_SERVER_URL, ...[...listenings].map(({ url }) => url), webUrl];
  const known = urls.filter((url) => url !== undefined && URL.canParse(url)) as string[];
  return [...known, UNLISTED_URL];
}

interface CoreParts extends Parts {
  conversations: ConversationManager;
  ready(): boolean;
}

function createCore({ options, conversations, tools, activity, ready }: CoreParts): HttpCore {
  const { clock, environment } = options;
  const startedAt = clock.now();
  const routes = [
    ...serverRoutes({
      startedAt: () => startedAt,
      idleSeconds: () => (clock.now() - activity.at) / 1000,
      ready,
      tools: () => tools.names(),
      packageVersion: PACKAGE_VERSION,
      idleTimeoutSeconds: secondsFrom(environment.OH_RUNTIME_IDLE_TIMEOUT_SECONDS),
      clock,
    }),
    ...conversationRoutes(conversations),
    ...eventRoutes(conversations),
  ];
  return createHttpCore({
    routes,
    sockets: eventSocketRoutes(conversations),
    keys: options.apiKeys,
    authenticate: options.authenticate,
    cors: {
      origins: options.corsOrigins,
      originRegex: options.corsOriginRegex,
      dockerHost: environment.DOCKER_HOST_ADDR,
    },
    allowedHosts: options.dangerouslyAllowUnauthenticated ? "any" : options.allowedHosts,
    basePath: options.basePath ?? pathOf(options.webUrl),
    maxBodyBytes: options.maxBodyBytes,
    debug: options.debug,
    logger: options.logger,
    newId: clock.newId,
    version: PROTOCOL_VERSION,
    docsAssets,
  });
}

interface Lifecycle {
  readonly ready: boolean;
  close(): Promise<void>;
}

interface LifecycleParts {
  conversations: ConversationManager;
  store: Store;
  options: ResolvedOptions;
  endNetwork(): Promise<void>;
}

/**
 * Repairs what a crash left while the first requests already come in. Ends everything once, in order: runs and their
 * sockets, what else is open on the network, the store.
 */
function startLifecycle({ conversations, store, options, endNetwork }: LifecycleParts): Lifecycle {
  let ready = false;
  let closing: Promise<void> | undefined;
  const started = conversations.start().then(
    () => {
      ready = true;
    },
    (error: unknown) => options.logger.error({ error: messageOf(error) }, "Start-up failed"),
  );
  const end = async () => {
    await started;
    await conversations.close();
    await endNetwork();
    await store.close();
  };
  return {
    get ready() {
      return ready;
    },
    close: () => {
      closing ??= end();
      return closing;
    },
  };
}

function refuseOpenHost(host: string, options: ResolvedOptions): void {
  if (options.apiKeys.length > 0 || options.authenticate || options.dangerouslyAllowUnauthenticated) return;
  if (/^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host)) return;
  throw new AgentServerError(
    "bad_request",
    `refusing to listen on ${host} without a key: whoever reaches the port could run commands on this machine. ` +
      "Set a session key (OH_SESSION_API_KEYS_0 or apiKeys), bind to 127.0.0.1, or pass " +
      "--dangerously-allow-unauthenticated (dangerouslyAllowUnauthenticated) if that is what you want.",
  );
}

function pathOf(webUrl: string | undefined): string | undefined {
  return webUrl === undefined ? undefined : new URL(webUrl).pathname;
}

function secondsFrom(text: string | undefined): number | null {
  const seconds = Number(text);
  return text === undefined || !Number.isFinite(seconds) ? null : seconds;
}
