import type { Agent } from "../../wire/agent/agent.ts";
import { type AgentDefinition, agentDefinition } from "../../wire/agent/agent-definition.ts";
import type { LazyWorkspace } from "../../workspace/lazy-workspace.ts";
import { SKILLS_OF_USER } from "../launch/agent-files.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import type { BudgetExtension } from "../live/extensions/budget-extension.ts";
import type { PluginSession } from "../live/plugins/plugin-session.ts";
import type { RunSession } from "../live/session/run-session.ts";
import type { StateKeeper } from "../live/state-keeper.ts";
import { Definitions } from "./definitions.ts";
import { ConversationDelegation, type DelegationParts } from "./delegation.ts";
import type { ParentConversation } from "./sub-agent-record.ts";
import { usageOf } from "./tasks/combined-metrics.ts";
import { TASKS_DOCUMENT, TASKS_KEY, type Task, Tasks } from "./tasks/tasks.ts";
import { questionOf } from "./workers/question.ts";

/** Tasks that are shown there. */
const MAX_SHOWN = 50;

/** The conversation that starts sub-agents. */
export interface DelegatingConversation {
  context: LiveContext;
  parent: ParentConversation;
  keeper: StateKeeper;
  session: RunSession;
  workspace: LazyWorkspace;
  plugins: Pick<PluginSession, "servers" | "agents">;
  budget(): BudgetExtension | undefined;
}

/** The tasks that a conversation has given, as they are kept. */
export function tasksOf({ context, keeper }: Pick<DelegatingConversation, "context" | "keeper">): Tasks {
  const { id } = keeper.state;
  return new Tasks({
    async read() {
      const [record] = await context.store.conversations.find([id], [TASKS_DOCUMENT]);
      return record?.documents[TASKS_DOCUMENT];
    },
    write: async (json) => void (await keeper.log.commit({ documents: { [TASKS_DOCUMENT]: json } })),
    hasFigures: (task) => Object.hasOwn(keeper.state.stats.usage_to_metrics, usageOf(task)),
  });
}

/** Reads the sub-agents that a conversation may start: of its request, then of plugins, of the project, of the user. */
export async function openDelegation(
  conversation: DelegatingConversation,
  agent: Agent,
  tasks: Tasks,
): Promise<ConversationDelegation> {
  const { context, parent, keeper, plugins, budget } = conversation;
  const { agentFiles: files, drivers, logger } = context;
  const workspace = await conversation.workspace.get();
  const inherited = [...programmatic(parent), ...plugins.agents];
  const definitions = await Definitions.of({
    definitions: [...inherited, ...((await files?.subAgents(workspace)) ?? [])],
    skills: async () => [
      ...((await files?.projectSkills(workspace)) ?? []),
      ...((await files?.sharedSkills(SKILLS_OF_USER)) ?? []),
    ],
    logger,
  });
  const driver = () => drivers.of(parent.state.id);
  const parts: DelegationParts = {
    context,
    parent,
    definitions,
    inherited,
    tasks,
    servers: () => ({
      ...Object.fromEntries(Object.entries(agent.mcp_config).map(([name, server]) => [name, { server }])),
      ...plugins.servers,
    }),
    ask: async (question, signal) => {
      const above = driver();
      if (above !== undefined) return above.ask(question, signal);
      const asked = () => keeper.publishFullState();
      return conversation.session.confirmation.questions.ask({ ...questionOf(question), asked }, signal);
    },
    statusChanged: () => keeper.statusAfter(keeper.state.execution_status),
    judgeStep: async () => driver()?.judgeStep() ?? budget()?.judgeStepOfSubAgent(keeper.state),
    recordTask: (taskId, metrics) =>
      void keeper.append([keeper.recordTask(usageOf(taskId), metrics)]).catch(() => {}),
    show: async ({ id, conversation_id }: Task) => {
      const { agent_state } = keeper.state;
      const shown = Object.entries({ ...(agent_state[TASKS_KEY] as object), [id]: conversation_id });
      await keeper.update({
        agent_state: { ...agent_state, [TASKS_KEY]: Object.fromEntries(shown.slice(-MAX_SHOWN)) },
      });
    },
  };
  return new ConversationDelegation(parts);
}

function programmatic({ config }: ParentConversation): AgentDefinition[] {
  return config.agent_definitions.map((one) => ({
    ...agentDefinition.parse(one),
    level: one.level ?? "programmatic",
  }));
}
