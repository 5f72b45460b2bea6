import { BUILT_IN_RUNNERS } from "../../agent/built-in-runners.ts";
import type { ExtensionHost } from "../../agent/loop/extension.ts";
import { Extensions } from "../../agent/loop/extensions/extensions.ts";
import { createRunner, type RunnerHost } from "../../agent/runner.ts";
import { branchEvents } from "../../events/branch.ts";
import { EventLog } from "../../events/event-log.ts";
import { createTimestamps } from "../../events/timestamp.ts";
import { withComplete } from "../../llm/decorators/with-complete.ts";
import { SecretRegistry } from "../../secrets/secret-registry.ts";
import type { ConversationRecord } from "../../stores/store.ts";
import type { Agent } from "../../wire/agent/agent.ts";
import type { LlmConfig } from "../../wire/agent/llm-config.ts";
import type { ConversationState } from "../../wire/conversation-state.ts";
import type { SecretSources } from "../../wire/secret-source.ts";
import { LazyWorkspace } from "../../workspace/lazy-workspace.ts";
import type { MachineClaim, MachineClaims } from "../../workspace/machine-claim.ts";
import { assertSideBudget } from "../budgets/side-budget.ts";
import { withProjectSkills } from "../launch/agent-files.ts";
import { isAllowedSecret } from "../launch/agent-profiles.ts";
import { machineLimits } from "../machine-limits.ts";
import type { ConversationConfig } from "../record/conversation-config.ts";
import { DocumentWriter } from "../record/document-writer.ts";
import { openState } from "../record/stored-state.ts";
import { SubAgents } from "../sub-agents/sub-agents.ts";
import { Turns } from "../turns.ts";
import { type AskedFor, judgeRequest } from "../unserved.ts";
import type { LiveContext } from "./conversation-context.ts";
import { type BuiltInExtensions, builtInExtensions } from "./extensions/built-in-extensions.ts";
import { forwardedMcpServers } from "./forwarded-mcp-servers.ts";
import { LiveConversation } from "./live-conversation.ts";
import { loadPlugin } from "./plugins/load-plugin.ts";
import { PLUGIN_NOTE } from "./plugins/plugin-note.ts";
import { PluginSession } from "./plugins/plugin-session.ts";
import { HoldGuard } from "./runs/hold-guard.ts";
import { RunClient } from "./runs/run-client.ts";
import { Takeovers } from "./runs/takeovers.ts";
import { LogView } from "./session/log-view.ts";
import { openTools } from "./session/open-tools.ts";
import { readMemory, readPromptFiles } from "./session/prompt-files.ts";
import { RunSession } from "./session/run-session.ts";
import { StateKeeper } from "./state-keeper.ts";
import { toolStorage } from "./tool-storage.ts";

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

/** Makes a stored conversation live. Its log is read and its tools are opened when they are first needed. */
export function openConversation(
  record: ConversationRecord,
  context: LiveContext,
  claim: ConversationClaim,
): LiveConversation {
  const { store, clock, logger } = context;
  const timestamps = createTimestamps(clock, { after: record.updatedAt });
  const { id } = record;
  const { state, config, documents, lost, lostSecrets, isModelKeyLost } = openState(record, context);
  if (lost.length > 0) {
    logger.warn(
      { conversation_id: id, secrets: lost },
      "Secrets are lost: they were encrypted with another key, or not kept because none was set",
    );
  }
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
  const { limiter } = context;
  const client = new RunClient({ conversationId: id, createdBy: record.createdBy, store, log, limiter });
  const guard = new HoldGuard({ isHeld: claim.isSure, givenUp: (error) => log.abandon(error) });
  const logView = new LogView({ conversationId: id, log, events: store.events });
  const keeper = new StateKeeper({
    state,
    log,
    documents: new DocumentWriter(context.cipher, documents),
    secrets,
    context: { ...context, timestamps },
    onCall: (used) => client.book(used),
    ...(config.sub_agent && { onUsage: (stats) => context.drivers.of(id)?.used(stats) }),
  });
  const claims = (): readonly MachineClaim[] => [
    { conversationId: id, fence: claim.fence },
    ...(context.drivers.of(id)?.claims() ?? []),
  ];
  const workspace = openWorkspace(
    state,
    { ...config, createdBy: record.createdBy },
    {
      context,
      claims: () => (context.sharesMachines ? { list: claims(), lost: () => live.abandon() } : undefined),
    },
  );
  const openHost = async (): Promise<ExtensionHost> => ({
    conversationId: id,
    workspace: await workspace.get(),
    secrets,
    state: keeper.state,
    createLlm: (llm) => session.models.createCounted(llm),
  });
  const openRunnerHost = async (): Promise<RunnerHost> => {
    const host = await openHost();
    return {
      ...host,
      logger,
      mcpServers: () => forwardedMcpServers(keeper.state.agent, plugins, host),
      memory: () => readMemory(keeper.state.agent, host.workspace, context.agentFiles),
      allowsSecret: (name) => isAllowedSecret(name, config.launched_agent_profile ?? null),
      hide: (values) => secrets.hide(values),
      recordAside: (reply) => keeper.recordAside(keeper.state.agent.llm, reply),
      now: () => clock.now(),
    };
  };
  const storageOf = toolStorage(log, {
    store: store.conversations,
    conversationId: id,
    onDamaged: (...about) => context.damage.report(...about),
  });
  const plugins = new PluginSession({
    loader: context.plugins,
    requested: config.plugins ?? [],
    workspace,
    secrets,
    storage: storageOf(PLUGIN_NOTE),
    now: () => timestamps.utcTimestamp(),
  });
  const pluginTurns = new Turns();
  const assertBudget = async () => {
    subAgents.assertDriven();
    const { stats } = keeper.state;
    await client.assertLeft();
    await assertSideBudget({ conversationId: id, createdBy: record.createdBy, stats }, context);
  };
  const skills = () => keeper.state.agent.agent_context?.skills ?? [];
  let builtIn: BuiltInExtensions | undefined;
  const subAgents = new SubAgents({
    context,
    parent: { state: keeper.state, config, createdBy: record.createdBy, claims },
    keeper,
    session: () => session,
    workspace,
    plugins,
    budget: () => builtIn?.budget,
  });
  const openExtensions = async (): Promise<Extensions> => {
    const host = await openHost();
    builtIn = await builtInExtensions({
      host,
      context,
      config,
      client,
      plugins: config.sub_agent === undefined ? plugins : subAgents.inherited(),
      keepDocument: async (name, json) => void (await log.commit({ documents: { [name]: json } })),
    });
    return new Extensions([...builtIn.list, ...((await context.extensions?.(host)) ?? [])], logger);
  };
  const runners = { ...BUILT_IN_RUNNERS, ...context.runners };
  const session: RunSession = new RunSession({
    keeper,
    logView,
    workspace,
    secrets,
    isModelKeyLost,
    cacheId: config.sub_agent?.cache_id,
    context: { ...context, createLlm: guardedModels(context.createLlm, guard) },
    guard,
    completeAgent: async () =>
      withProjectSkills(
        await plugins.complete(keeper.state.agent),
        await workspace.get(),
        context.agentFiles,
      ),
    openTools: async (agent) =>
      openTools({
        agent,
        clientTools: config.client_tools,
        host: {
          conversationId: id,
          workspace: await workspace.get(),
          secrets,
          skills,
          delegation: await subAgents.open(agent),
        },
        view: () => session.view,
        storageOf,
        createCounted: (llm) => session.models.createCounted(llm),
        switchLlm: (llm) => keeper.switchLlm(llm),
        assertBudget,
        context,
      }),
    openExtensions,
    readPromptFiles: (agent) => readPromptFiles(agent, () => workspace.get(), context.agentFiles),
  });
  const live = new LiveConversation({
    claim,
    keeper,
    session,
    workspace,
    // One that was started here was judged then. An imported one may ask for more.
    assertServed: () => {
      judgeRequest(asked(keeper.state, config, context));
      subAgents.assertDriven();
    },
    createRunner: async () => createRunner(state.agent.kind, runners, await openRunnerHost()),
    slots: context.slots,
    client,
    documents: store.documents,
    findEvent: async (eventId) => (await store.events.find(id, [eventId]))[0],
    history: () => branchEvents({ conversationId: id, events: store.events, leafId: log.storedHead }),
    logger,
    launched: config.launched_agent_profile ?? null,
    isSubAgent: record.agentOf !== undefined,
    takeovers: goesOn(record, state.agent, context)
      ? new Takeovers({ conversationId: id, store, log })
      : undefined,
    openingGuard: context.openingGuard,
    titleModel: titleModel(config, context),
    wantsTitle: config.autotitle && record.title === null,
    titleRequest: config.prompt ?? null,
    loadPlugin: (reference) =>
      loadPlugin(reference, { session, keeper, plugins, turns: pluginTurns, extensions: () => builtIn }),
    stuckThresholds: config.stuck_detection_thresholds ?? undefined,
    observers: context.observers,
    assertBudget,
    subAgents,
    machineLasts: context.sharesMachines ?? false,
  });
  return live;
}

function asked(
  { agent, security_analyzer }: ConversationState,
  config: ConversationConfig,
  { openWorkspace, tools: registry }: LiveContext,
): AskedFor {
  return {
    request: { ...config, security_analyzer },
    agent,
    hasContainers: openWorkspace.machines?.runtime === "docker",
    registry,
  };
}

/** Whether a run that was cut short goes on. Sub-agents and other programs are a matter of those that started them. */
function goesOn({ agentOf }: ConversationRecord, agent: Agent, { cutRuns }: LiveContext): boolean {
  return cutRuns === "continue" && agentOf === undefined && agent.kind === "Agent";
}

/** Models whose calls wait while another server may have taken over. */
function guardedModels(createLlm: LiveContext["createLlm"], guard: HoldGuard): LiveContext["createLlm"] {
  return (config, use) => {
    const llm = createLlm(config, use);
    return withComplete(llm, async (request) => {
      await guard.pass(request.signal);
      return llm.complete(request);
    });
  };
}

function titleModel(
  { title_llm_profile: name }: ConversationConfig,
  { profiles }: LiveContext,
): (() => Promise<LlmConfig>) | undefined {
  return name == null || profiles === undefined ? undefined : () => profiles.model(name);
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

/** A sub-agent works on the machine of the conversation that it works for. */
function openWorkspace(
  { id, workspace }: ConversationState,
  config: Pick<ConversationConfig, "container" | "sub_agent"> & { createdBy: string | null },
  { context, claims }: { context: LiveContext; claims(): MachineClaims | undefined },
): LazyWorkspace {
  const conversationId = config.sub_agent?.machine ?? id;
  return new LazyWorkspace(() =>
    context.openWorkspace({
      conversationId,
      workingDir: workspace.working_dir,
      dataDir: context.dataDir(conversationId),
      requested: workspace,
      createdBy: config.createdBy,
      limits: machineLimits(config.container),
      claims: claims(),
    }),
  );
}
