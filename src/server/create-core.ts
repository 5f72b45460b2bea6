import { PROOF_HEADER } from "../cluster/membership-proof.ts";
import { fencedEntrance } from "../fences/entrance.ts";
import { SessionTokens } from "../http/admission/session-tokens.ts";
import { createHttpCore, type HttpCore } from "../http/http-core.ts";
import type { RequestContext } from "../http/request-about.ts";
import type { Client } from "../limits/client.ts";
import { docsAssets } from "../node/docs-assets.ts";
import { receiveUpload } from "../node/uploads/receive-upload.ts";
import type { Observers } from "../observing/observers.ts";
import { once } from "../once.ts";
import { allRoutes, allSockets } from "../routes/all-routes.ts";
import { WORKSPACE_COOKIE, WORKSPACE_SESSION_LIFETIME } from "../routes/machine/workspace-session.ts";
import { metricsRoutes } from "../routes/metrics/metrics.ts";
import { catalogueOf } from "../tools/catalogue.ts";
import { PROTOCOL_VERSION } from "../wire/server-info.ts";
import { KeyRing } from "./access/key-ring.ts";
import type { Cluster } from "./cluster/open-cluster.ts";
import type { DeferredInit } from "./deferred/deferred-init.ts";
import { initKeyCheck } from "./deferred/init-key.ts";
import type { ClosableEditor } from "./editor/editor-access.ts";
import { openGateway } from "./gateway/open-gateway.ts";
import { inspectorPages } from "./inspector-pages.ts";
import { corsOptions } from "./options/cors-options.ts";
import type { ResolvedOptions } from "./options/resolved-options.ts";
import { PACKAGE_VERSION } from "./package-version.ts";
import type { Services } from "./services.ts";
import { canvasUi } from "./ui/canvas-ui.ts";

interface CoreParts {
  services: Services & { editor: ClosableEditor };
  ready(): boolean;
  init: DeferredInit | undefined;
  observers: Observers;
}

/** Makes what answers requests from the services: the routes, and what stands before them. */
export function createCore(
  options: ResolvedOptions,
  { services, ready, init, observers }: CoreParts,
): HttpCore {
  const { clock, metrics } = options;
  const startedAt = clock.now();
  const publicPath = options.webUrl && new URL(options.webUrl).pathname;
  const keyRing = new KeyRing({
    keys: services.settings.accessKeys,
    logger: options.logger,
    now: () => clock.now(),
  });
  const tokens = workspaceTokens(options, keyRing);
  const { cluster } = services;
  const clustered = cluster?.serve(services.conversations);
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
    apps: services.apps,
    marketplaces: options.marketplaces,
    secretValue: services.secretValue,
    settings: services.settings,
    accessKeys: { keys: services.settings.accessKeys, changed: (id: string) => keyRing.forget(id) },
    acpModels: services.acpModels,
    logins: services.logins,
    init: { deferred: init, isInitKey: initKeyCheck(options) },
    mcpTrials: services.mcpTrials.get,
    workspaceSession: { tokens, publicPath: options.basePath ?? publicPath ?? "" },
    gateway: { gateway: once(() => openGateway(options, services)), clock },
    sockets: {
      logger: options.logger,
      maxLagBytes: options.maxSocketLagBytes,
      passMessage: clustered?.passMessage,
      currentClient: () => services.limiter.current,
    },
    cluster: cluster && {
      refusalOf: cluster.refusalOf,
      followedBy: cluster.followedBy,
      within: <T>(client: Client, work: () => Promise<T>) => services.limiter.within(client, work),
    },
    server: {
      clock,
      startedAt: () => startedAt,
      idleSeconds: services.idleSeconds,
      ready,
      tools: () => catalogueOf(services.tools.all()).usable,
      packageVersion: PACKAGE_VERSION,
      runtime: `Node.js ${process.versions.node}`,
      idleTimeoutSeconds: options.idleTimeoutSeconds,
      conversationRuntime: services.runtime,
      appBackendUrl: options.appBackendPublicUrl,
    },
  };
  return createHttpCore({
    routes: [
      ...allRoutes(deps),
      ...(metrics?.place.kind === "route" ? metricsRoutes(metrics, metrics.place.access) : []),
    ],
    sockets: allSockets(deps),
    keys: options.apiKeys,
    authenticate: options.authenticate,
    scopedKeys: keyRing,
    stages: [services.apps.stage, ...(options.stages ?? [])],
    cors: corsOptions(options),
    keyless: options.dangerouslyAllowUnauthenticated ? "anyone" : options.keyless,
    allowedHosts: options.allowedHosts,
    basePath: options.basePath,
    publicPath,
    cookie: { name: WORKSPACE_COOKIE, check: (token) => tokens.check(token) },
    maxBodyBytes: options.maxBodyBytes,
    debug: options.debug,
    dormant: (init || cluster) && (() => init?.refusal() ?? cluster?.refusal()),
    dispatch: clustered?.dispatch,
    limiter: services.limiter,
    auditor: services.auditor,
    isPassedOn: cluster && ((request, about) => isOfMember(request, about, cluster)),
    reachFacts: (id) => services.conversations.reachFacts(id),
    enter: fencedEntrance(
      once(async () => {
        const { Fences } = await import("../fences/fences.ts");
        return new Fences({ documents: services.store.documents });
      }),
    ),
    logger: options.logger,
    queryKey: options.queryKey,
    newId: clock.newId,
    now: clock.now,
    version: PROTOCOL_VERSION,
    docsAssets,
    openPages: inspectorPages(options),
    observers,
    pages: canvasUi(options, { publicPath, settings: services.settings }),
    receiveUpload,
  });
}

/** Whether another server of the cluster has sent a request on. */
function isOfMember(request: Request, { pathname, search }: RequestContext, cluster: Cluster): boolean {
  const target = search === "" ? pathname : `${pathname}?${search}`;
  return request.headers.has(PROOF_HEADER) && cluster.refusalOf(request, target) === undefined;
}

/** Sessions outlast a restart, and hold on every node, as long as the keys are the same. */
function workspaceTokens({ secretKey, apiKeys, clock }: ResolvedOptions, scopedKeys: KeyRing): SessionTokens {
  const secret = () => secretKey ?? (apiKeys.length > 0 ? JSON.stringify(apiKeys) : crypto.randomUUID());
  return new SessionTokens({
    secret,
    scopedKeys,
    lifetime: WORKSPACE_SESSION_LIFETIME,
    now: () => clock.now(),
  });
}
