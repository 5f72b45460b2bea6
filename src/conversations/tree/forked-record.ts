import { QUESTION_KEY } from "../../agent/loop/confirmation/questions.ts";
import type { Change, ConversationRecord } from "../../stores/store.ts";
import { forkedBudget } from "../budgets/kept-budget.ts";
import type { ConversationConfig } from "../record/conversation-config.ts";
import { LIVE_DOCUMENTS, readDocuments, type StateDocument } from "../record/conversation-documents.ts";
import { TASKS_KEY } from "../sub-agents/tasks/tasks.ts";

/** How a conversation is forked. */
export interface ForkOptions {
  /** Id of the fork. Default: a new one. */
  id?: string | null | undefined;
  /** Default: none. */
  title?: string | null | undefined;
  /** Default: none. Those of the source are not taken over. */
  tags?: Readonly<Record<string, string>> | null | undefined;
  /** Whether the figures of the fork begin at zero. Default: true. */
  resetMetrics?: boolean | undefined;
  /** Last event of the branch that is copied. Default: the whole log is copied, and HEAD is that of the source. */
  fromEventId?: string | null | undefined;
  /** Id of the principal who forks. Default: the one who made the source. */
  createdBy?: string | null | undefined;
}

/** The documents of a source that a fork needs. */
export const FORKED_DOCUMENTS: readonly string[] = [...LIVE_DOCUMENTS, "shown_agent"];

/**
 * Makes the record of a fork, idle, from that of its source: agent, secrets, policies and configuration as they are
 * now. Sealed secrets stay sealed. What belongs to the run of the source, such as calls that hooks have blocked, is
 * left out.
 *
 * @throws AgentServerError `damaged` when the source cannot be read
 */
export function forkedRecord(
  source: ConversationRecord,
  { id, now, options }: { id: string; now: string; options: ForkOptions },
): Change {
  const { title = null, resetMetrics = true, fromEventId = null, createdBy } = options;
  const { config, state } = readDocuments(source);
  // A fork of a sub-agent works for no one.
  const { sub_agent: _, ...own } = config;
  const forked: ConversationConfig = {
    ...own,
    forked_from_conversation_id: source.id,
    forked_from_event_id: fromEventId,
  };
  return {
    conversationId: id,
    create: {
      createdAt: now,
      updatedAt: now,
      status: "idle",
      title,
      parentId: source.parentId,
      createdBy: createdBy ?? source.createdBy,
      leafEventId: fromEventId ?? source.leafEventId,
    },
    documents: {
      ...source.documents,
      ...(resetMetrics
        ? { stats: JSON.stringify({ usage_to_metrics: {} }), calls: "{}" }
        : { budget: forkedBudget(source.documents.stats) }),
      config: JSON.stringify(forked),
      state: JSON.stringify(forkedState(state, options)),
    },
  };
}

function forkedState(state: StateDocument, { tags, fromEventId = null }: ForkOptions): StateDocument {
  const { confirmation_policy, security_analyzer } = state;
  const { [QUESTION_KEY]: _, [TASKS_KEY]: __, ...agent_state } = state.agent_state ?? {};
  const { activated_knowledge_skills, activated_path_rules, head_is_empty } = state;
  return {
    confirmation_policy,
    security_analyzer,
    activated_knowledge_skills,
    activated_path_rules,
    invoked_skills: [],
    blocked_actions: {},
    blocked_messages: {},
    last_user_message_id: null,
    head_is_empty: fromEventId === null && head_is_empty === true,
    tags: { ...tags },
    agent_state: {
      ...agent_state,
      // A program would write what two conversations say into one session.
      ...("acp_session_id" in agent_state && { acp_session_is_shared: true }),
    },
  };
}
