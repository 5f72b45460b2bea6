import type { ExtensionHost } from "../../../agent/loop/extension.ts";
import { Extensions } from "../../../agent/loop/extensions/extensions.ts";
import type { ConversationRecord } from "../../../stores/store.ts";
import type { LazyWorkspace } from "../../../workspace/lazy-workspace.ts";
import type { MachineClaim } from "../../../workspace/machine-claim.ts";
import { assertSideBudget } from "../../budgets/side-budget.ts";
import { withProjectSkills } from "../../launch/agent-files.ts";
import { SubAgents } from "../../sub-agents/sub-agents.ts";
import { Turns } from "../../turns.ts";
import type { LiveContext } from "../conversation-context.ts";
import { type BuiltInExtensions, builtInExtensions } from "../extensions/built-in-extensions.ts";
import { loadPlugin } from "../plugins/load-plugin.ts";
import { PLUGIN_NOTE } from "../plugins/plugin-note.ts";
import { PluginSession } from "../plugins/plugin-session.ts";
import { guardedModels, HoldGuard } from "../runs/hold-guard.ts";
import { openTools } from "../session/open-tools.ts";
import { readPromptFiles } from "../session/prompt-files.ts";
import { RunSession } from "../session/run-session.ts";
import type { ConversationClaim, OpenedLog } from "./open-log.ts";
import { toolStorage } from "./tool-storage.ts";

export interface SessionSources {
  record: ConversationRecord;
  context: LiveContext;
  claim: Pick<ConversationClaim, "isSure">;
  opened: OpenedLog;
  /** The machine the agent works on. */
  workspace: LazyWorkspace;
  /** The claims under which that is worked with. */
  claims(): readonly MachineClaim[];
}

/** The session of a conversation, and what it has its tools and extensions from. */
export interface OpenedSession {
  session: RunSession;
  plugins: PluginSession;
  subAgents: SubAgents;
  /** The conversation as extensions and runners see it. */
  host(): Promise<ExtensionHost>;
  /** Gives the conversation one more plugin. */
  loadPlugin(reference: string): Promise<void>;
  /** Rejects with `too_many_requests` when a call of a model outside of a run is beyond a final budget. */
  assertBudget(): Promise<void>;
}

/** Makes the session of a conversation. Its models, tools and extensions are opened when they are first needed. */
export function openSession(sources: SessionSources): OpenedSession {
  const { record, context, claim, opened, workspace, claims } = sources;
  const { id, createdBy } = record;
  const { store } = context;
  const { config, log, logView, keeper, secrets, isModelKeyLost, client, timestamps } = opened;
  const guard = new HoldGuard({ isHeld: claim.isSure, givenUp: (error) => log.abandon(error) });
  const host = async (): Promise<ExtensionHost> => ({
    conversationId: id,
    workspace: await workspace.get(),
    secrets,
    state: keeper.state,
    createLlm: (llm) => session.models.createCounted(llm),
  });
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
  let builtIn: BuiltInExtensions | undefined;
  const subAgents = new SubAgents({
    context,
    parent: { state: keeper.state, config, createdBy, claims },
    keeper,
    session: () => session,
    workspace,
    plugins,
    budget: () => builtIn?.budget,
  });
  const assertBudget = async () => {
    subAgents.assertDriven();
    const { stats } = keeper.state;
    await client.assertLeft();
    await assertSideBudget({ conversationId: id, createdBy, stats }, context);
  };
  const openExtensions = async (): Promise<Extensions> => {
    const ofConversation = await host();
    builtIn = await builtInExtensions({
      host: ofConversation,
      context,
      config,
      client,
      plugins: config.sub_agent === undefined ? plugins : subAgents.inherited(),
      keepDocument: async (name, json) => void (await log.commit({ documents: { [name]: json } })),
    });
    const further = (await context.extensions?.(ofConversation)) ?? [];
    return new Extensions([...builtIn.list, ...further], context.logger);
  };
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
          skills: () => keeper.state.agent.agent_context?.skills ?? [],
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
  return {
    ...{ session, plugins, subAgents, host, assertBudget },
    loadPlugin: (reference) =>
      loadPlugin(reference, { session, keeper, plugins, turns: pluginTurns, extensions: () => builtIn }),
  };
}
