import { planHooks } from "../agent/hooks/hook-plan.ts";
import { offlineHost } from "../agent/security/analyzer-host.ts";
import { createAnalyzer } from "../agent/security/create-analyzer.ts";
import { AgentServerError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { resolveTools } from "../tools/toolbox/resolve-tools.ts";
import type { Agent } from "../wire/agent/agent.ts";
import type { LaunchedAgentProfile } from "../wire/conversation.ts";
import type { StartConversationRequest } from "../wire/conversation-request.ts";
import { toPlace, type WorktreePlan } from "../workspace/git/worktree/plan-worktree.ts";
import { prepareWorkspace } from "../workspace/prepare-workspace.ts";
import { requestedSkills } from "./launch/agent-files.ts";
import { isAllowedSecret, requestedProfile } from "./launch/agent-profiles.ts";
import { withBrowserOf } from "./launch/launched-browser.ts";
import type { LiveContext } from "./live/conversation-context.ts";
import { checkTemplate, readSecurityPolicy } from "./live/session/prompt-files.ts";
import { checkMachineLimits, machineLimits } from "./machine-limits.ts";
import { agentAndSecrets, toFirstChange } from "./record/first-record.ts";
import { checkParent } from "./record/parent-conversation.ts";
import { withSuffix } from "./record/requested-agent.ts";
import type { OpenSecrets } from "./record/unsealed-secrets.ts";
import { judgeRequest } from "./unserved.ts";
import { assertUsable } from "./worktrees/allowed-worktree.ts";
import { answeringRefusals, openPlace } from "./worktrees/open-place.ts";
import { startInWorktree } from "./worktrees/start-in-worktree.ts";
import { worktreeGuidance } from "./worktrees/worktree-guidance.ts";

/** Facts of a new conversation that its request does not have. */
export interface NewRecord {
  id: string;
  createdBy: string | null;
  title: string | null;
  /** The agent profile that the agent comes from, where the request names none. */
  launched: LaunchedAgentProfile | null;
}

/**
 * Checks a start request, prepares its workspace, in a separate worktree where one is asked for, and stores the
 * conversation. Resolves with the warnings about what the request asks for in vain, or with undefined when the id is
 * taken meanwhile.
 */
export async function startConversation(
  request: StartConversationRequest,
  { id, ...record }: NewRecord,
  context: LiveContext,
): Promise<string[] | undefined> {
  const { store, cipher, tools: registry, logger, persistenceDir, timestamps, unsealed } = context;
  const { parent_conversation_id: parentId, client_tools: clientTools } = request;
  const { createdBy } = record;
  const workingDir = request.workspace.working_dir;
  if (parentId !== null) await checkParent(store, { id, parentId, workingDir });
  const now = timestamps.utcTimestamp();
  const profile = await requestedProfile(request, context.profiles);
  const loadsMemory = (await context.profiles?.wantsMemory()) ?? false;
  const sharedSkills = await requestedSkills(request, profile, context.agentFiles);
  const { acpSkillSourcing } = context;
  const asked = agentAndSecrets(request, {
    ...{ cipher, now, profile, loadsMemory, sharedSkills, acpSkillSourcing },
  });
  const { machines: kind } = context.openWorkspace;
  checkMachineLimits(request.container, kind);
  const warnings = judgeRequest({
    request,
    agent: asked.agent,
    hasContainers: kind?.runtime === "docker",
    registry,
  });
  await resolveTools({ agent: asked.agent, clientTools, registry, logger: silentLogger });
  const settings = profile?.settings ?? request.agent_settings;
  const agent = request.agent === null ? withBrowserOf(registry, asked.agent, settings) : asked.agent;
  const opened = { ...asked, agent };
  checkTemplate(agent);
  // Read again when they are first needed. An invalid matcher is reported here.
  if (request.hook_config !== null) await planHooks(request.hook_config);
  if (request.security_analyzer !== null)
    await createAnalyzer(request.security_analyzer, offlineHost(context.shellScanner));
  const started = await startInWorktree(request, { id, createdBy, context }, async (worktree) => {
    const { plan } = worktree;
    const placed = plan === undefined ? { request, opened } : inWorktree(plan, { request, opened, now });
    const launched = profile?.launched ?? record.launched;
    const place = plan && toPlace(plan);
    const agentState = context.openingGuard?.noted({
      ...{ id, agent: placed.opened.agent, agentState: {} },
      allowsSecret: (name) => isAllowedSecret(name, launched),
    });
    const about = { ...record, id, now, cipher, persistenceDir, launched, worktree: place, agentState };
    warnings.push(...worktree.warnings, ...(await worktree.make()));
    await prepare(placed.request, { ...{ id, createdBy, plan }, agent: placed.opened.agent }, context);
    try {
      await store.commit(toFirstChange(placed.request, placed.opened, about));
    } catch (error) {
      if (AgentServerError.is(error) && error.code === "conflict") return undefined;
      throw error;
    }
    unsealed.keep(id, placed.opened);
    return warnings;
  });
  if (started !== undefined && warnings.length > 0)
    logger.warn({ conversation_id: id, warnings }, "A request is not honoured in full");
  return started;
}

/** The request and its agent, which works in a worktree and knows it. */
function inWorktree(
  plan: WorktreePlan,
  { request, opened, now }: { request: StartConversationRequest; opened: OpenSecrets; now: string },
): { request: StartConversationRequest; opened: OpenSecrets } {
  const workspace = { ...request.workspace, working_dir: plan.workingDir };
  const agent = withSuffix(opened.agent, worktreeGuidance(plan), now);
  return { request: { ...request, workspace }, opened: { ...opened, agent } };
}

/** Makes the working directory where it is missing. */
async function prepare(
  { workspace: requested, container }: StartConversationRequest,
  {
    id,
    createdBy,
    agent,
    plan,
  }: { id: string; createdBy: string | null; agent: Agent; plan: WorktreePlan | undefined },
  context: LiveContext,
): Promise<void> {
  const limits = machineLimits(container);
  const workspace = await openPlace(id, requested.working_dir, { ...context, createdBy, limits });
  try {
    // Read again with the prompt. A missing file is reported here, where the caller hears of it.
    await readSecurityPolicy(agent, async () => workspace);
    await answeringRefusals(() => prepareWorkspace(workspace));
    if (plan !== undefined) await assertUsable(workspace, plan);
  } finally {
    await workspace.close();
  }
}
