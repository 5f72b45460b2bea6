import type { AskAgent } from "../../../agent/hooks/model-hook.ts";
import type { ExtensionHost } from "../../../agent/loop/extension.ts";
import { Extensions } from "../../../agent/loop/extensions/extensions.ts";
import { tellModel } from "../../../agent/loop/messages.ts";
import { runAgent } from "../../../agent/loop/run.ts";
import { systemPromptEvent } from "../../../agent/system-prompt/system-prompt-event.ts";
import type { PromptView } from "../../../agent/view/prompt-view.ts";
import { AgentServerError } from "../../../errors.ts";
import type { ToolStorage } from "../../../tools/tool.ts";
import type { Toolbox } from "../../../tools/toolbox/toolbox.ts";
import { type Agent, agent as agentSchema } from "../../../wire/agent/agent.ts";
import type { ConversationState } from "../../../wire/conversation-state.ts";
import { lastWords } from "../../final-response.ts";
import type { LiveContext } from "../conversation-context.ts";
import { analyzerServices } from "../session/analyzer-services.ts";
import { openTools } from "../session/open-tools.ts";
import { SideSession } from "./side-session.ts";

export interface SideAgentParts {
  host: ExtensionHost;
  context: LiveContext;
}

/**
 * Makes the function that runs a second agent in a conversation: on the same machine, with the tools that it is
 * given and no extensions. What its model uses counts in the conversation; nothing else of it is kept.
 */
export function sideAgents({ host, context }: SideAgentParts): AskAgent {
  return async ({ llm, systemPrompt, tools: names, message, maxIterations, signal }) => {
    const agent = agentSchema.parse({
      kind: "Agent",
      llm,
      tools: names.map((name) => ({ name })),
      include_default_tools: ["FinishTool"],
      system_prompt: systemPrompt,
    });
    const model = host.createLlm(llm);
    const tools = await openSideTools(agent, () => session.view, { host, context });
    const session: SideSession = new SideSession({
      state: sideState(host.state, agent, maxIterations),
      llm: model,
      tools,
      analyzers: analyzerServices(context, host),
      clock: context.clock,
    });
    try {
      const { workingDir } = host.workspace.info;
      const now = context.clock.now();
      const { userDir } = context;
      await session.append([
        systemPromptEvent({ agent, tools, secrets: [], now, workingDir, securityPolicy: undefined, userDir }),
        tellModel("user", message),
      ]);
      await runAgent(session, { signal, extensions: new Extensions([], context.logger) });
      return answerOf(session);
    } finally {
      await tools.close();
    }
  };
}

function openSideTools(
  agent: Agent,
  view: () => PromptView,
  { host, context }: SideAgentParts,
): Promise<Toolbox> {
  const { conversationId, workspace, secrets, createLlm } = host;
  return openTools({
    agent,
    clientTools: [],
    host: { conversationId, workspace, secrets, skills: () => agent.agent_context?.skills ?? [] },
    view,
    storageOf: storageInMemory,
    createCounted: createLlm,
    switchLlm: async () => {
      throw new AgentServerError("unprocessable", "this agent keeps the model that it was given");
    },
    // Budgets hold up no other call of such an agent.
    assertBudget: async () => {},
    context,
  });
}

function storageInMemory(): ToolStorage {
  let kept: unknown;
  return {
    read: async () => kept,
    write: async (value) => {
      kept = structuredClone(value);
    },
  };
}

/** A copy of the state, so that nothing of the conversation changes with it. No one is there to confirm its calls. */
function sideState(
  state: Readonly<ConversationState>,
  agent: Agent,
  maxIterations: number,
): ConversationState {
  return {
    ...state,
    agent,
    max_iterations: maxIterations,
    stuck_detection: true,
    execution_status: "idle",
    confirmation_policy: { kind: "NeverConfirm" },
    security_analyzer: null,
    activated_knowledge_skills: [],
    activated_path_rules: [],
    invoked_skills: [],
    blocked_actions: {},
    blocked_messages: {},
    last_user_message_id: null,
    stats: { usage_to_metrics: {} },
    agent_state: {},
    hook_config: null,
  };
}

/** The last words of an agent that has come to its end; its error as a failure otherwise. */
function answerOf({ view, state }: SideSession): string {
  const events = view.recent(Number.POSITIVE_INFINITY).toReversed();
  if (state.execution_status === "finished") {
    return events.map(lastWords).find((words) => words !== undefined) ?? "";
  }
  const failure = events.find((event) => event.kind === "ConversationErrorEvent");
  throw new Error(failure?.detail ?? `The agent ended ${state.execution_status}`);
}
