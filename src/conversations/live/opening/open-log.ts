import { EventLog } from "../../../events/event-log.ts";
import { createTimestamps, type Timestamps } from "../../../events/timestamp.ts";
import { SecretRegistry } from "../../../secrets/secret-registry.ts";
import type { ConversationRecord } from "../../../stores/store.ts";
import type { SecretSources } from "../../../wire/secret-source.ts";
import type { ConversationConfig } from "../../record/conversation-config.ts";
import { DocumentWriter } from "../../record/document-writer.ts";
import { openState } from "../../record/stored-state.ts";
import type { LiveContext } from "../conversation-context.ts";
import { RunClient } from "../runs/run-client.ts";
import { LogView } from "../session/log-view.ts";
import { StateKeeper } from "../state-keeper.ts";

/** The claim under which a conversation is in memory. */
export interface ConversationClaim {
  fence: number;
  /** The node of this server that has it. */
  node: number;
  /** Whether the others surely count this server as the holder at this moment. */
  isSure(): boolean;
  /** Called when memory is no longer what the store has: another server has taken over, or a write has failed. */
  onLost(error: unknown): void;
}

/** The log of a conversation, its readings, and what is written together with it. */
export interface OpenedLog {
  config: ConversationConfig;
  log: EventLog;
  logView: LogView;
  keeper: StateKeeper;
  secrets: SecretRegistry;
  /** Whether the key of the model was not kept. */
  isModelKeyLost: boolean;
  /** The client that the conversation works for. */
  client: RunClient;
  /** Later than everything in the log. */
  timestamps: Timestamps;
}

/** Opens the log of a stored conversation under a claim. Its events are read when they are first needed. */
export function openLog(
  record: ConversationRecord,
  context: LiveContext,
  claim: ConversationClaim,
): OpenedLog {
  const { id, createdBy } = record;
  const { store, clock, cipher, limiter } = context;
  const { state, config, documents, lost, lostSecrets, isModelKeyLost } = openState(record, context);
  reportLost(id, lost, context);
  const timestamps = createTimestamps(clock, { after: record.updatedAt });
  const secrets = openSecretRegistry(state.secret_registry.secret_sources, lostSecrets, context);
  const log: EventLog = new EventLog({
    conversationId: id,
    store,
    timestamps,
    newId: () => clock.newId(),
    nextSeq: record.eventCount,
    leafEventId: record.leafEventId,
    // Sub-agents are a matter of their parent, whose events show what they do.
    mail: record.agentOf === undefined ? context.mail?.of(id) : undefined,
    fence: claim.fence,
    onLost: claim.onLost,
    onAppended(events) {
      logView.follow(events);
      if (events.some(({ kind }) => kind !== "ConversationStateUpdateEvent")) context.onActivity?.();
    },
  });
  const logView = new LogView({ conversationId: id, log, events: store.events });
  const client = new RunClient({ conversationId: id, createdBy, store, log, limiter });
  const keeper = new StateKeeper({
    state,
    log,
    documents: new DocumentWriter(cipher, documents),
    secrets,
    context: { ...context, timestamps },
    onCall: (used) => client.book(used),
    ...(config.sub_agent && { onUsage: (stats) => context.drivers.of(id)?.used(stats) }),
  });
  return { config, log, logView, keeper, secrets, isModelKeyLost, client, timestamps };
}

function reportLost(id: string, lost: readonly string[], { logger }: LiveContext): void {
  if (lost.length === 0) return;
  logger.warn(
    { conversation_id: id, secrets: lost },
    "Secrets are lost: they were encrypted with another key, or not kept because none was set",
  );
}

function openSecretRegistry(
  sources: SecretSources,
  lost: readonly string[],
  context: LiveContext,
): SecretRegistry {
  const { clock, logger, serverSecrets, lookupFetch } = context;
  return new SecretRegistry({
    sources,
    lost,
    server: serverSecrets,
    clock,
    logger,
    internalUrl: () => context.internalUrl(),
    fetch: lookupFetch,
  });
}
