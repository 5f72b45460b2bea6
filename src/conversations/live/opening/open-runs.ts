import type { Runner } from "../../../agent/runner.ts";
import { branchEvents } from "../../../events/branch.ts";
import type { ConversationRecord } from "../../../stores/store.ts";
import type { LlmConfig } from "../../../wire/agent/llm-config.ts";
import type { ConversationConfig } from "../../record/conversation-config.ts";
import { judgeRequest } from "../../unserved.ts";
import { Asides } from "../asides/asides.ts";
import { AutoTitle } from "../asides/auto-title.ts";
import type { LiveContext } from "../conversation-context.ts";
import { GoalLoop } from "../goal/goal-loop.ts";
import { GoalNotes } from "../goal/goal-notes.ts";
import { AgentRuns } from "../runs/agent-runs.ts";
import { RunControl } from "../runs/run-control.ts";
import { RunRecovery } from "../runs/run-recovery.ts";
import { Takeovers } from "../runs/takeovers.ts";
import type { OpenedLog } from "./open-log.ts";
import { openRunner } from "./open-runner.ts";
import type { OpenedSession } from "./open-session.ts";

export interface RunSources {
  record: ConversationRecord;
  context: LiveContext;
  opened: OpenedLog;
  session: OpenedSession;
  /** Whether the conversation is being handed over: a run ends before its next step then. */
  isLeaving(): boolean;
}

/** Everything in a conversation that calls a model: runs, goals, titles and questions. */
export interface OpenedRuns {
  agentRuns: AgentRuns;
  runs: RunControl;
  recovery: RunRecovery;
  goal: GoalLoop;
  title: AutoTitle;
  asides: Asides;
}

/** Makes the runs of a conversation, and what else calls its models. Nothing begins by itself. */
export function openRuns(sources: RunSources): OpenedRuns {
  const { record, context, opened, isLeaving } = sources;
  const { session, subAgents, assertBudget } = sources.session;
  const { config, keeper, log, client } = opened;
  const { store, slots, logger, observers } = context;
  const { id } = record;
  const agentRuns = new AgentRuns({
    ...{ keeper, session, logger, client, observers, isLeaving },
    createRunner: (): Promise<Runner> => openRunner(context, opened, sources.session),
    stuckThresholds: config.stuck_detection_thresholds ?? undefined,
  });
  const runs: RunControl = new RunControl({
    slots,
    client,
    share: () => goal.share(),
    // One that was started here was judged then. An imported one may ask for more.
    assertServed() {
      assertServed(opened, context);
      subAgents.assertDriven();
    },
    run: (signal) => agentRuns.run(signal),
    isRunning: () => keeper.state.execution_status === "running",
    isIdle: () => keeper.state.execution_status === "idle",
    ended: () => keeper.publishFullState(),
  });
  const recovery = new RunRecovery({
    ...{ session, runs, client, subAgents },
    takeovers: goesOn(record, opened, context)
      ? new Takeovers({ conversationId: id, store, log })
      : undefined,
    machineLasts: context.sharesMachines ?? false,
  });
  const title = new AutoTitle({
    ...{ keeper, session, logger, assertBudget },
    model: titleModel(config, context),
    isWanted: config.autotitle && record.title === null,
    request: config.prompt ?? null,
  });
  const goal = new GoalLoop({
    ...{ session, keeper, runs, title, logger },
    notes: new GoalNotes(store.documents),
    history: () => branchEvents({ conversationId: id, events: store.events, leafId: log.storedHead }),
  });
  const asides = new Asides({ session, title, assertBudget, runner: () => agentRuns.runner() });
  return { agentRuns, runs, recovery, goal, title, asides };
}

function assertServed({ config, keeper }: OpenedLog, { openWorkspace, tools: registry }: LiveContext): void {
  const { agent, security_analyzer } = keeper.state;
  const hasContainers = openWorkspace.machines?.runtime === "docker";
  judgeRequest({ request: { ...config, security_analyzer }, agent, hasContainers, registry });
}

/** Whether a run that was cut short goes on. Sub-agents and other programs are a matter of those that started them. */
function goesOn({ agentOf }: ConversationRecord, { keeper }: OpenedLog, { cutRuns }: LiveContext): boolean {
  return cutRuns === "continue" && agentOf === undefined && keeper.state.agent.kind === "Agent";
}

function titleModel(
  { title_llm_profile: name }: ConversationConfig,
  { profiles }: LiveContext,
): (() => Promise<LlmConfig>) | undefined {
  return name == null || profiles === undefined ? undefined : () => profiles.model(name);
}
