import type { ExtensionFactory, ExtensionHost } from "../../agent/loop/extension.ts";
import { Extensions } from "../../agent/loop/extensions.ts";
import { createRunner, type Runners } from "../../agent/runner.ts";
import type { Clock } from "../../clock.ts";
import { EventLog } from "../../events/event-log.ts";
import { replay } from "../../events/replay.ts";
import type { Timestamps } from "../../events/timestamp.ts";
import type { Logger } from "../../logger.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { KnownSecrets } from "../../secrets/known-secrets.ts";
import type { LookupFetch } from "../../secrets/lookup-secret.ts";
import { SecretRegistry } from "../../secrets/secret-registry.ts";
import type { ConversationRecord, Store } from "../../stores/store.ts";
import type { ToolRegistry } from "../../tools/registry.ts";
import { resolveTools } from "../../tools/toolbox/resolve-tools.ts";
import { openToolbox, type Toolbox } from "../../tools/toolbox/toolbox.ts";
import type { OpenWorkspace } from "../../workspace/workspace.ts";
import { DocumentWriter } from "../record/document-writer.ts";
import { openState } from "../record/stored-state.ts";
import type { UnsealedSecrets } from "../record/unsealed-secrets.ts";
import { ConversationWorkspace } from "./conversation-workspace.ts";
import { LiveConversation } from "./live-conversation.ts";
import { readSecurityPolicy } from "./prompt-files.ts";
import type { RunSlots } from "./runs/run-slots.ts";
import { ConversationSession, type CreateLlm } from "./state-keeper.ts";
import { toolStorage } from "./tool-storage.ts";

/** What every conversation of a server shares. */
export interface ConversationContext {
  store: Store;
  clock: Clock;
  timestamps: Timestamps;
  logger: Logger;
  cipher: Cipher | undefined;
  unsealed: UnsealedSecrets;
  tools: ToolRegistry;
  createLlm: CreateLlm;
  openWorkspace: OpenWorkspace;
  dataDir(conversationId: string): string;
  persistenceDir: string;
  internalUrl: () => string;
  /** Asks for the values of lookup secrets. */
  lookupFetch?: LookupFetch | undefined;
  /** Secret values of the server itself, which no conversation may show. */
  knownSecrets?: KnownSecrets | undefined;
  /** Makes the extensions of a conversation. Default: none. */
  extensions?: ExtensionFactory | undefined;
  /** What runs agents, by their kind. */
  runners: Runners;
  slots: RunSlots;
  onActivity?: () => void;
}

/** The claim under which a conversation is in memory. */
export interface ConversationClaim {
  fence: number;
  /** Called when another server has taken over. */
  onLost(): void;
}

/** Makes a stored conversation live. Neither its log is read nor are its tools opened before they are needed. */
export function openConversation(
  record: ConversationRecord,
  context: ConversationContext,
  claim: ConversationClaim,
): LiveConversation {
  const { store, clock, timestamps, logger, cipher, unsealed, internalUrl, lookupFetch } = context;
  const { id } = record;
  const { state, config, documents, lost, lostSecrets } = openState(record, context);
  if (lost.length > 0) {
    logger.warn(
      { conversation_id: id, secrets: lost },
      "Secrets are lost: they were encrypted with another key, or not kept because none was set",
    );
  }
  const sources = state.secret_registry.secret_sources;
  const secrets = new SecretRegistry({
    sources,
    lost: lostSecrets,
    known: context.knownSecrets,
    clock,
    logger,
    internalUrl,
    fetch: lookupFetch,
  });
  const log = new EventLog({
    conversationId: id,
    store,
    timestamps,
    newId: () => clock.newId(),
    nextSeq: record.eventCount,
    leafEventId: record.leafEventId,
    ...claim,
    onAppended(events) {
      session.follow(events);
      if (events.some(({ kind }) => kind !== "ConversationStateUpdateEvent")) context.onActivity?.();
    },
  });
  const workspace = new ConversationWorkspace(() =>
    context.openWorkspace({
      conversationId: id,
      workingDir: state.workspace.working_dir,
      dataDir: context.dataDir(id),
      requested: state.workspace,
    }),
  );
  const openTools = async (): Promise<Toolbox> => {
    const { client_tools: clientTools } = config;
    const tools = await resolveTools({ agent: state.agent, clientTools, registry: context.tools, logger });
    return openToolbox({
      tools,
      host: { conversationId: id, workspace: await workspace.get(), secrets },
      storageOf: toolStorage(log, { store: store.conversations, conversationId: id }),
      logger,
    });
  };
  const openHost = async (): Promise<ExtensionHost> => ({
    conversationId: id,
    workspace: await workspace.get(),
    secrets,
    state,
  });
  const session = new ConversationSession({
    state,
    log,
    documents: new DocumentWriter(cipher, documents),
    unsealed,
    workspace,
    secrets,
    clock,
    timestamps,
    createLlm: context.createLlm,
    openTools,
    readPolicy: () => readSecurityPolicy(state.agent, () => workspace.get()),
    openExtensions: async () => new Extensions((await context.extensions?.(await openHost())) ?? [], logger),
    history: (untilSeq) => replay(store, id, { untilSeq }),
  });
  const { autotitle, stuck_detection_thresholds: thresholds } = config;
  const wantsTitle = autotitle && record.title === null;
  return new LiveConversation({
    fence: claim.fence,
    session,
    createRunner: async () => createRunner(state.agent.kind, context.runners, await openHost()),
    slots: context.slots,
    logger,
    wantsTitle,
    stuckThresholds: thresholds ?? undefined,
  });
}
