import type { Server as HttpServer } from "node:http";
import type { OpenAPIObject } from "openapi3-ts/oas31";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { SessionTokens } from "../http/admission/session-tokens.ts";
import type { FetchServer } from "../http/fetch-server.ts";
import { createHttpCore, type HttpCore } from "../http/http-core.ts";
import { docsAssets } from "../node/docs-assets.ts";
import { type Listening, listen } from "../node/listen.ts";
import { attachWebSockets } from "../node/sockets/upgrade.ts";
import { closeSockets } from "../node/sockets/web-sockets.ts";
import { receiveUpload } from "../node/uploads/receive-upload.ts";
import { once } from "../once.ts";
import { allRoutes, allSockets } from "../routes/all-routes.ts";
import { WORKSPACE_COOKIE, WORKSPACE_SESSION_LIFETIME } from "../routes/machine/workspace-session.ts";
import { catalogueOf } from "../tools/catalogue.ts";
import { PROTOCOL_VERSION } from "../wire/server-info.ts";
import { type ClosableEditor, editorAccess } from "./editor/editor-access.ts";
import { startLifecycle } from "./lifecycle.ts";
import { refuseOpenHost } from "./listen-policy.ts";
import { type ResolvedOptions, resolveOptions } from "./options/resolved-options.ts";
import type { ServerOptions } from "./options.ts";
import { ownUrlsOf } from "./own-urls.ts";
import { PACKAGE_VERSION } from "./package-version.ts";
import { createServices, type Services } from "./services.ts";
import { canvasUi } from "./ui/canvas-ui.ts";

/** A server for coding agents, as `createServer` returns it. */
export interface AgentServer extends FetchServer, AsyncDisposable {
  /** The options in force, without keys, secrets and variables of the environment. */
  readonly options: ShownOptions;
  /** Operations on conversations without HTTP. */
  readonly conversations: ConversationManager;
  /** Returns the OpenAPI 3.1 document that `/openapi.json` serves. */
  openapi(): OpenAPIObject;
  /**
   * Opens a port. Port 0 takes any free one. Default: port 8000 on 127.0.0.1.
   *
   * @throws AgentServerError `bad_request` for a host beyond loopback, unless `apiKeys`, `authenticate` or
   * `dangerouslyAllowUnauthenticated` is set.
   * @throws Error if the address cannot be bound. Its message says what to change.
   */
  listen(port?: number, host?: string): Promise<Listening>;
  /** Serves WebSocket upgrades of an `http.Server` you own. Returns a function that detaches the server again. */
  attach(httpServer: HttpServer): () => void;
}

/** The options in force without keys, secrets and variables of the environment. */
export type ShownOptions = Readonly<
  Omit<ResolvedOptions, "apiKeys" | "secretKey" | "previousSecretKeys" | "environment" | "commandEnvironment">
> & {
  /** Number of accepted session keys. */
  readonly apiKeyCount: number;
  /** Whether secrets are encrypted and kept. */
  readonly hasSecretKey: boolean;
};

/** The connection of a request that the server makes to itself. */
const IN_PROCESS = { peerAddress: "127.0.0.1" };

/**
 * Builds a server. `fetch` and `conversations` work at once; `listen` opens a port.
 *
 * @throws TypeError if an option is invalid.
 *
 * @example
 * ```ts
 * const server = createServer({ apiKeys: ["my-key"] });
 * const { url } = await server.listen(8000);
 * ```
 */
export function createServer(input: ServerOptions = {}): AgentServer {
  const options = resolveOptions(input);
  const listenings = new Set<Listening>();
  const ownUrls = () => ownUrlsOf(options, listenings);
  const services = createServices(options, { ownUrls, serve: (request) => core.fetch(request, IN_PROCESS) });
  const lifecycle = startLifecycle({ ...services, logger: options.logger, endNetwork });
  const editor = editorAccess(options);
  const core = createCore(options, { ...services, editor }, () => lifecycle.ready);
  const server: AgentServer = {
    options: shownOptions(options),
    conversations: services.conversations,
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
    core.endStreams();
    await Promise.all([closeSockets(server), editor.close()]);
    await Promise.all([...listenings].map((listening) => listening.close()));
  }
}

function createCore(
  options: ResolvedOptions,
  services: Services & { editor: ClosableEditor },
  ready: () => boolean,
): HttpCore {
  const { clock } = options;
  const startedAt = clock.now();
  const publicPath = options.webUrl && new URL(options.webUrl).pathname;
  const tokens = workspaceTokens(options);
  const deps = {
    conversations: services.conversations,
    machine: services.machine,
    kept: services.kept,
    bash: services.bash,
    editor: services.editor,
    tools: () => catalogueOf(services.tools.all()),
    llmCatalogue: once(async () => {
      const { LlmCatalogue } = await import("../settings/llm-catalogue/llm-catalogue.ts");
      return new LlmCatalogue(options.environment);
    }),
    extensionPlace: services.extensionPlace,
    marketplaces: options.marketplaces,
    secretValue: services.secretValue,
    settings: services.settings,
    acpModels: services.acpModels,
    mcpTrials: services.mcpTrials.get,
    workspaceSession: { tokens, publicPath: options.basePath ?? publicPath ?? "" },
    sockets: { logger: options.logger, maxLagBytes: options.maxSocketLagBytes },
    server: {
      clock,
      startedAt: () => startedAt,
      idleSeconds: () => Math.max(0, clock.now() - services.lastActivity()) / 1000,
      ready,
      tools: () => catalogueOf(services.tools.all()).usable,
      packageVersion: PACKAGE_VERSION,
      runtime: `Node.js ${process.versions.node}`,
      idleTimeoutSeconds: options.idleTimeoutSeconds,
      conversationRuntime: services.runtime,
    },
  };
  return createHttpCore({
    routes: allRoutes(deps),
    sockets: allSockets(deps),
    keys: options.apiKeys,
    authenticate: options.authenticate,
    stages: options.stages,
    cors: {
      origins: options.corsOrigins,
      originRegex: options.corsOriginRegex,
      dockerHost: options.dockerHost,
    },
    keyless: options.dangerouslyAllowUnauthenticated ? "anyone" : options.keyless,
    allowedHosts: options.allowedHosts,
    basePath: options.basePath,
    publicPath,
    cookie: { name: WORKSPACE_COOKIE, check: (token) => tokens.check(token) },
    maxBodyBytes: options.maxBodyBytes,
    debug: options.debug,
    logger: options.logger,
    queryKey: options.queryKey,
    newId: clock.newId,
    now: clock.now,
    version: PROTOCOL_VERSION,
    docsAssets,
    pages: canvasUi(options, { publicPath, settings: services.settings }),
    receiveUpload,
  });
}

/** Sessions outlast a restart, and hold on every node, as long as the keys are the same. */
function workspaceTokens({ secretKey, apiKeys, clock }: ResolvedOptions): SessionTokens {
  const secret = () => secretKey ?? (apiKeys.length > 0 ? JSON.stringify(apiKeys) : crypto.randomUUID());
  return new SessionTokens({ secret, lifetime: WORKSPACE_SESSION_LIFETIME, now: () => clock.now() });
}

function shownOptions(options: ResolvedOptions): ShownOptions {
  const { apiKeys, secretKey, previousSecretKeys: _, environment: __, ...others } = options;
  const { commandEnvironment: ___, ...shown } = others;
  return Object.freeze({ ...shown, apiKeyCount: apiKeys.length, hasSecretKey: secretKey !== undefined });
}
