import { ShellScanner } from "../agent/security/worker/shell-scanner.ts";
import { EventReader } from "../events/event-reader.ts";
import { Feeds } from "../events/feeds/feeds.ts";
import { createTimestamps } from "../events/timestamp.ts";
import { NodeSeat } from "../stores/nodes/node-seat.ts";
import type { WorkspaceFiles } from "../workspace/workspace-files.ts";
import { PrincipalSpending } from "./budgets/principal-spending.ts";
import { ClaimedConversations } from "./claimed-conversations.ts";
import { ConversationReader } from "./conversation-reader.ts";
import { importedFirst } from "./import/imported-first.ts";
import { type FoundData, Imports } from "./import/imports.ts";
import { Launches } from "./launches.ts";
import type { ConversationContext, LiveContext } from "./live/conversation-context.ts";
import { RunSlots } from "./live/runs/run-slots.ts";
import { DamageLog } from "./record/damage/damage-log.ts";
import { readableStore } from "./record/damage/readable-store.ts";
import { lostSecrets } from "./record/stored-state.ts";
import { UnsealedSecrets } from "./record/unsealed-secrets.ts";
import { type RemovalOptions, Removals } from "./removal/removals.ts";
import { Runtimes } from "./runtime-info.ts";
import { Drivers } from "./sub-agents/workers/drivers.ts";
import { LiveWorker } from "./sub-agents/workers/live-worker.ts";
import { boundStore } from "./takeover/bound-store.ts";
import { Forks } from "./tree/forks.ts";
import { Turns } from "./turns.ts";

/** The default of the reference. */
const MAX_CONCURRENT_RUNS = 10;

export interface ConversationManagerOptions extends ConversationContext, RemovalOptions {
  /** Seconds without a use after which a conversation leaves memory; null keeps all. */
  idleTtlSeconds: number | null;
  /** The files of the server's disk, for exports. Default: none, and exports have no files that tools keep. */
  disk?: WorkspaceFiles | undefined;
  /** Folders of the reference's conversations, which are opened where they lie. Default: none. */
  found?: FoundData | undefined;
  /** This server among the nodes of the store. Default: a separate node. */
  seat?: NodeSeat | undefined;
  /** Whether what other servers have left is handed over by the store, one by one. Default: false. */
  adopts?: boolean | undefined;
  /** Milliseconds that runs have to reach the end of their step when other servers adopt them. Default: 20 s. */
  drainWait?: number | undefined;
  /** The machine that new conversations are bound to. Default: none. */
  boundTo?: string | undefined;
  /** Whether a server lives on a machine that a conversation is bound to. Default: on all. */
  isMachineThere?: ((machine: string) => boolean) | undefined;
  /** Maximum number of concurrent runs. Default: 10. */
  maxConcurrentRuns?: number | undefined;
  /** Maximum number of runs that wait for others to end. Default: 0, and such a run is refused. */
  maxQueuedRuns?: number | undefined;
}

/** The parts behind the verbs of a manager. */
export interface ManagerParts {
  context: LiveContext;
  /** The files of the server's disk. */
  disk: WorkspaceFiles | undefined;
  events: EventReader;
  feeds: Feeds;
  imports: Imports;
  reader: ConversationReader;
  live: ClaimedConversations;
  launches: Launches;
  forks: Forks;
  removals: Removals;
  turns: Turns;
  runtimes: Runtimes;
  /** Whether what other servers have left comes by `takeOver`. */
  adopts: boolean;
}

/** Makes the parts of a manager and joins them. `assertOpen` throws when nothing may be loaded any more. */
export function managerParts(
  serverOptions: ConversationManagerOptions,
  assertOpen: () => void,
): ManagerParts {
  const damage = new DamageLog(serverOptions.logger);
  const { boundTo, isMachineThere } = serverOptions;
  const unread = boundTo === undefined ? serverOptions.store : boundStore(serverOptions.store, boundTo);
  const stored = readableStore(unread, damage);
  const imports = new Imports({
    ...serverOptions,
    store: stored,
    now: () => serverOptions.clock.now(),
    ownFolder: (id) => serverOptions.dataDir(id),
    claim: (id) => live.take(id),
  });
  const options = { ...serverOptions, store: importedFirst(stored, imports) };
  const drivers = new Drivers({
    use: (id, work) => live.use(id, (conversation) => work(new LiveWorker(conversation))),
    leave: (id) => live.yield(id),
  });
  const context = liveContext(options, { damage, drivers });
  const turns = new Turns();
  const live: ClaimedConversations = new ClaimedConversations({
    context,
    idleTtlSeconds: options.idleTtlSeconds,
    seat: options.seat ?? new NodeSeat(options.store.ownership),
    assertOpen,
    imports,
    stored,
  });
  const { machines } = options;
  const runtimes = new Runtimes({ machines, isMachineThere, isLost: (id) => live.isLost(id) });
  const callsOf = (id: string) => live.callsOf(id);
  const reader = new ConversationReader({
    ...options,
    damage,
    lostSecrets: (record) => lostSecrets(record, context),
    callsOf,
    runtimeOf: (record) => runtimes.known(record),
  });
  const launches = new Launches({
    reader,
    context,
    use: (id, work) => live.use(id, work),
    claim: (id) => live.claim(id),
    turns,
  });
  return {
    context,
    disk: options.disk,
    events: new EventReader(options.store),
    feeds: new Feeds(options.store.relay),
    imports,
    reader,
    live,
    launches,
    forks: new Forks({ context, callsOf, turns }),
    removals: removalsOf(options, context.principalSpending),
    turns,
    runtimes,
    adopts: options.adopts ?? false,
  };
}

function liveContext(
  options: ConversationManagerOptions,
  shared: Pick<LiveContext, "damage" | "drivers">,
): LiveContext {
  return {
    ...options,
    ...shared,
    principalSpending: new PrincipalSpending(options.store),
    timestamps: createTimestamps(options.clock),
    unsealed: new UnsealedSecrets(options.cipher),
    slots: new RunSlots({
      size: options.maxConcurrentRuns ?? MAX_CONCURRENT_RUNS,
      queueLength: options.maxQueuedRuns,
    }),
    shellScanner: new ShellScanner({ logger: options.logger }),
  };
}

function removalsOf(options: ConversationManagerOptions, spending: PrincipalSpending): Removals {
  return new Removals({
    ...options,
    ...(options.budgets?.principal && { keepSpending: (id: string) => spending.keepRemoved(id) }),
  });
}
