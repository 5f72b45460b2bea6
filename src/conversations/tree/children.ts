import { AgentServerError } from "../../errors.ts";
import type { ChildConversation, StartChildRequest } from "../../wire/conversation.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import { text } from "../../wire/events/message.ts";
import { Git } from "../../workspace/git/git.ts";
import type { Launches, LaunchOptions } from "../launches.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import { assertOpenable } from "../live/opening-guard.ts";
import { machineLimits } from "../machine-limits.ts";
import { LIVE_DOCUMENTS } from "../record/conversation-documents.ts";
import { type OpenedState, openState } from "../record/stored-state.ts";
import { answeringRefusals, openPlace } from "../worktrees/open-place.ts";
import { withoutWorktreeGuidance } from "../worktrees/worktree-guidance.ts";

export interface ChildrenContext {
  context: LiveContext;
  launches: Launches;
}

/**
 * Starts a conversation with the agent, the secrets and the configuration that another has now, and with a task as its
 * first message. It works in a new worktree where one is asked for and the repository has a commit to start from.
 *
 * @throws AgentServerError `not_found` for an unknown parent, `too_many_requests` when no further run could start now,
 * `binding_required` for a parent that is kept closed
 */
export async function startChild(
  parentId: string,
  child: StartChildRequest,
  { context, launches }: ChildrenContext,
): Promise<ChildConversation> {
  const [record] = await context.store.conversations.find([parentId], LIVE_DOCUMENTS);
  if (record === undefined) throw new AgentServerError("not_found", "Parent conversation not found");
  assertOpenable(record, context.openingGuard);
  const parent = openState(record, context);
  const worktree = child.isolation === "worktree" && (await hasCommit(parent, record.createdBy, context));
  const about: LaunchOptions = {
    title: child.title,
    createdBy: record.createdBy,
    launched: parent.config.launched_agent_profile,
  };
  const { info } = await launches.launch(childRequest(parent, { ...child, worktree }), about);
  const workspace = info.workspace.working_dir;
  return {
    conversation_id: info.id,
    parent_conversation_id: parentId,
    status: info.execution_status,
    title: info.title,
    url: null,
    workspace,
    isolation: workspace === parent.state.workspace.working_dir ? "shared" : "worktree",
  };
}

/** The parts of a parent's start that stay are those of its child. */
function childRequest(
  { state, config }: OpenedState,
  { task, worktree }: { task: string; worktree: boolean },
): StartConversationRequest {
  const { confirmation_policy, security_analyzer, tags, secret_registry, agent } = state;
  return {
    ...config,
    tool_module_qualnames: config.tool_module_qualnames ?? {},
    worktree,
    worktree_options: null,
    parent_conversation_id: state.id,
    confirmation_policy,
    security_analyzer,
    tags,
    secrets: secret_registry.secret_sources,
    secrets_encrypted: false,
    agent: worktree ? withoutWorktreeGuidance(agent) : agent,
    agent_settings: null,
    agent_profile_id: null,
    agent_launch_additions: null,
    conversation_id: null,
    conversation_runtime: null,
    initial_message: { role: "user", content: [text(task)], run: true },
  };
}

/** Whether the folder of a conversation lies in a repository that a worktree can be made of. */
async function hasCommit(
  { state, config }: OpenedState,
  createdBy: string | null,
  context: LiveContext,
): Promise<boolean> {
  const { id, workspace: place } = state;
  const limits = machineLimits(config.container);
  const workspace = await openPlace(id, place.working_dir, { ...context, createdBy, limits });
  try {
    const git = new Git(workspace, place.working_dir);
    const head = await answeringRefusals(() => git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}"));
    return head !== undefined;
  } finally {
    await workspace.close();
  }
}
