import type { Server as HttpServer } from "node:http";
import type { OpenAPIObject } from "openapi3-ts/oas31";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import type { FetchServer } from "../http/fetch-server.ts";
import type { HttpCore } from "../http/http-core.ts";
import { type Listening, listen } from "../node/listen.ts";
import { attachWebSockets } from "../node/sockets/upgrade.ts";
import { closeSockets, restartSockets } from "../node/sockets/web-sockets.ts";
import type { Observers } from "../observing/observers.ts";
import { once } from "../once.ts";
import { createCore } from "./create-core.ts";
import { DeferredInit } from "./deferred/deferred-init.ts";
import { dormantOptions } from "./deferred/dormant-options.ts";
import { ignoredParts, initializedOptions } from "./deferred/initialized-options.ts";
import { editorAccess } from "./editor/editor-access.ts";
import { type Lifecycle, startLifecycle } from "./lifecycle.ts";
import { watchIdleness } from "./lifetime/idle-shutdown.ts";
import { preloadTools } from "./lifetime/preload-tools.ts";
import { refuseOpenHost } from "./listen-policy.ts";
import { ownUrlsOf } from "./lookups/own-urls.ts";
import { type ResolvedOptions, resolveOptions } from "./options/resolved-options.ts";
import { type ShownOptions, shownOptions } from "./options/shown-options.ts";
import type { ServerOptions } from "./options.ts";
import { createServices, type Services } from "./services.ts";
import { diskSpaceOf } from "./telemetry/disk-space.ts";
import { listenForMetrics } from "./telemetry/metrics-port.ts";
import { serverObservers } from "./telemetry/server-observers.ts";
import { serverSample } from "./telemetry/server-sample.ts";

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
   * @throws AgentServerError `conflict` for the secret key of another cluster than that of the store
   * @throws Error if the address cannot be bound. Its message says what to change.
   */
  listen(port?: number, host?: string): Promise<Listening>;
  /** Serves WebSocket upgrades of an `http.Server` you own. Returns a function that detaches the server again. */
  attach(httpServer: HttpServer): () => void;
  /** Settles as `close` once the server has ended, also because it was idle. */
  readonly closed: Promise<void>;
}

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
  const observers = serverObservers(options);
  const diskSpace = diskSpaceOf(options.dataFolder);
  observers.attach(() => serverSample(current, { now: () => options.clock.now(), diskSpace }));
  const listenings = new Set<Listening>();
  const ending = new Set<Promise<void>>();
  const network: Network = {
    listenings,
    isLast: (parts) => parts === current,
    end: endNetwork,
    restart: (spread) => restartSockets(server, spread),
    close: () => close(),
  };
  let metricsListening: Promise<Listening> | undefined;
  const init = options.deferredInit === null ? undefined : deferredInit();
  let current = assemble(init === undefined ? options : dormantOptions(options), {
    network,
    init,
    observers,
  });
  const closed = Promise.withResolvers<void>();
  // A failure rejects what `close` returns.
  closed.promise.catch(() => undefined);
  const close = once(() => {
    closed.resolve(end());
    return closed.promise;
  });
  const server: AgentServer = {
    get options() {
      return shownOptions(init === undefined ? options : current.options);
    },
    get conversations() {
      const refusal = init?.refusal();
      if (refusal !== undefined) throw refusal;
      return current.services.conversations;
    },
    handles: (...args) => current.core.handles(...args),
    handlesSocket: (...args) => current.core.handlesSocket(...args),
    fetch: (...args) => current.core.fetch(...args),
    answer: (...args) => current.core.answer(...args),
    upgrade: (...args) => current.core.upgrade(...args),
    openapi: () => current.core.openapi(),
    listen: async (port = 8000, host = "127.0.0.1") => {
      refuseOpenHost(host, init?.refusal() === undefined ? current.options : options);
      await current.services.cluster?.admitted();
      await openMetricsPort();
      const listening = await listen(server, { port, host });
      listenings.add(listening);
      return listening;
    },
    attach: (httpServer) => attachWebSockets(httpServer, server, { basePath: options.basePath }),
    close,
    closed: closed.promise,
    [Symbol.asyncDispose]: close,
  };
  return server;

  /** Opens the port of the figures with the first port of the server. */
  async function openMetricsPort(): Promise<void> {
    const { metrics } = options;
    if (metrics?.place.kind !== "port") return;
    metricsListening ??= listenForMetrics(metrics, metrics.place, options).catch((error: unknown) => {
      metricsListening = undefined;
      throw error;
    });
    await metricsListening;
  }

  async function end(): Promise<void> {
    await init?.settled();
    await current.lifecycle.close();
    await Promise.all(ending);
  }

  /** The server goes on with other parts, made of what it was given; the dormant ones end. */
  function deferredInit(): DeferredInit {
    const control: DeferredInit = new DeferredInit({
      logger: options.logger,
      start: async (request) => {
        for (const reason of ignoredParts(request)) options.logger.warn({}, reason);
        const given = resolveOptions(initializedOptions(input, request));
        const next = assemble(
          { ...given, deferredInit: options.deferredInit },
          { network, init: control, observers },
        );
        await next.lifecycle.started;
        if (!next.lifecycle.ready) {
          await next.lifecycle.close();
          throw new Error("the conversations cannot be read, as the log says");
        }
        const dormant = current;
        current = next;
        const ended = dormant.lifecycle.close().finally(() => ending.delete(ended));
        ending.add(ended);
      },
    });
    return control;
  }

  async function endNetwork(): Promise<void> {
    await closeSockets(server);
    const metrics = await metricsListening?.catch(() => undefined);
    await Promise.all([...listenings, ...(metrics ? [metrics] : [])].map((listening) => listening.close()));
  }
}

/** Milliseconds over which the clients of a server that others go on for are sent away. */
const SOCKETS_SPREAD = 5_000;

/** The network of a server, which outlasts the parts that answer. */
interface Network {
  listenings: ReadonlySet<Listening>;
  /** Whether no other parts take the place of these. */
  isLast(parts: Parts): boolean;
  /** Closes sockets with 1012, over some milliseconds. */
  restart(spread: number): Promise<void>;
  /** Closes sockets and listening ports. */
  end(): Promise<void>;
  /** Ends the server. */
  close(): Promise<void>;
}

/** Everything that answers for a server. */
interface Parts {
  options: ResolvedOptions;
  services: Services;
  core: HttpCore;
  lifecycle: Lifecycle;
}

function assemble(
  options: ResolvedOptions,
  { network, init, observers }: { network: Network; init: DeferredInit | undefined; observers: Observers },
): Parts {
  const ownUrls = () => ownUrlsOf(options, network.listenings);
  const self = { ownUrls, serve: (request: Request) => core.fetch(request, IN_PROCESS) };
  const services = createServices(options, self, observers);
  const lifecycle = startLifecycle({
    ...services,
    logger: options.logger,
    leaveNetwork() {
      for (const listening of network.listenings) listening.drain();
      return network.restart(SOCKETS_SPREAD);
    },
    endNetwork,
  });
  if (services.cluster) services.seat.add({ died: () => void network.restart(0) });
  const editor = editorAccess(options);
  const ready = () => lifecycle.ready;
  const core = createCore(options, { services: { ...services, editor }, ready, init, observers });
  const parts: Parts = { options, services, core, lifecycle };
  if (options.preloadTools) void lifecycle.started.then(() => preloadTools(options.logger));
  const unwatch = watchIdleness({
    seconds: options.idleShutdownSeconds,
    idleSeconds: services.idleSeconds,
    isBusy: () => services.conversations.activeCount + services.bash.commands.runningCount > 0,
    end: () => network.close(),
    logger: options.logger,
  });
  return parts;

  async function endNetwork(): Promise<void> {
    unwatch();
    core.endStreams();
    await Promise.all([network.isLast(parts) && network.end(), editor.close()]);
  }
}
