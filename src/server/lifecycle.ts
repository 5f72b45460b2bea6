import type { BashCommands } from "../bash/bash-commands.ts";
import type { ConversationManager } from "../conversations/conversation-manager.ts";
import { messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Store } from "../stores/store.ts";
import type { LazyWorkspace } from "../workspace/lazy-workspace.ts";
import type { Machines } from "../workspace/machines.ts";
import type { Cluster } from "./cluster/open-cluster.ts";
import { shareStore } from "./data-folder/shared-store.ts";

export interface Lifecycle {
  /**
   * True once the data of the reference is found and the repair of interrupted runs has finished, until the server
   * closes. In a cluster, only while the others surely count this server as alive.
   */
  readonly ready: boolean;
  /** Resolves when the server is ready or, with the reason in the log, will not be. */
  readonly started: Promise<void>;
  /** Ends runs, sockets, ports and, for its last server, the store. Further calls return the promise of the first. */
  close(): Promise<void>;
}

export interface LifecycleParts {
  conversations: ConversationManager;
  /** The machine of routes that belong to no conversation. */
  machine: LazyWorkspace;
  /** The machines of conversations that stay when workspaces are closed. */
  machines: Machines | undefined;
  /** Sends what happens in conversations. */
  webhooks: { start(): Promise<void>; close(): Promise<void> } | undefined;
  /** Back ends of extensions, which run on the machine of the routes. */
  apps: { close(): Promise<void> };
  /** The browser of agents. */
  browser: { close(): Promise<void> };
  /** The cluster that admits this server before it begins anything. undefined for a server alone. */
  cluster: Pick<Cluster, "admitted" | "isSure" | "leave" | "stopWaiting" | "close"> | undefined;
  /** Takes over what other servers have left. undefined for a server alone. */
  membership: { start(): void; end(): Promise<void> } | undefined;
  /** Trials of MCP servers. */
  mcpTrials: { close(): Promise<void> };
  /** Programs that are asked for their models. */
  acpModels: { close(): Promise<void> };
  /** Stores what clients have used before the store closes. */
  limiter: { close(): Promise<void> };
  /** Reports of what callers were allowed and refused. undefined where nothing takes any. */
  auditor: { close(): Promise<void> } | undefined;
  /** Bash commands of clients. */
  bash: { readonly commands: BashCommands };
  store: Store;
  /** Takes over the settings of the reference. Never rejects. */
  takeOverSettings(): Promise<void>;
  /** Encrypts kept secrets with today's key. */
  rotateKeys(): Promise<void>;
  logger: Logger;
  /** Sends the clients of sockets to other servers. */
  leaveNetwork(): Promise<void>;
  /** Closes sockets and listening ports. */
  endNetwork(): Promise<void>;
}

/**
 * Starts the repair of runs that a crash interrupted, after the data of the reference is found. Requests are answered
 * meanwhile. `close` ends runs first, then the network, then the store unless another server uses it.
 */
export function startLifecycle({
  conversations,
  machine,
  machines,
  webhooks,
  apps,
  browser,
  cluster,
  membership,
  mcpTrials,
  acpModels,
  limiter,
  auditor,
  bash: { commands },
  store,
  takeOverSettings,
  rotateKeys,
  logger,
  leaveNetwork,
  endNetwork,
}: LifecycleParts): Lifecycle {
  let ready = false;
  let closing: Promise<void> | undefined;
  const releaseStore = shareStore(store);
  const admitted = cluster?.admitted();
  const begin = (work: () => Promise<void>) => (admitted === undefined ? work() : admitted.then(work));
  // These two reject only where `started` does, which says why.
  const taken = begin(takeOverSettings);
  taken.catch(() => undefined);
  const tidied = begin(() => commands.start());
  tidied.catch(() => undefined);
  // What an earlier process has left goes to webhooks before what the repair of its runs adds.
  const started = begin(() => conversations.start(webhooks?.start())).then(
    async () => {
      await taken;
      ready = true;
      if (closing === undefined) membership?.start();
    },
    (error: unknown) => logger.error({ error: messageOf(error) }, "Start-up failed"),
  );
  const rotated = begin(rotateKeys).catch((error: unknown) =>
    logger.error({ error: messageOf(error) }, "Kept secrets could not be sealed with the new secret key"),
  );
  const end = async () => {
    cluster?.leave();
    const left = cluster && leaveNetwork();
    await membership?.end();
    await Promise.allSettled([taken, started, tidied, rotated]);
    await Promise.all([commands.close(), mcpTrials.close(), acpModels.close(), apps.close()]);
    await Promise.all([conversations.close(), machine.close()]);
    await Promise.all([machines?.close(), browser.close(), webhooks?.close()]);
    await left;
    cluster?.stopWaiting();
    await endNetwork();
    await cluster?.close();
    await Promise.all([limiter.close(), auditor?.close()]);
    await releaseStore();
  };
  return {
    get ready() {
      return ready && closing === undefined && cluster?.isSure() !== false;
    },
    started,
    close: () => {
      closing ??= end();
      return closing;
    },
  };
}
