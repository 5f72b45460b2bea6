import { createAnalyzer } from "../agent/security/create-analyzer.ts";
import { AgentServerError } from "../errors.ts";
import { silentLogger } from "../logger.ts";
import { resolveTools } from "../tools/toolbox/resolve-tools.ts";
import type { Agent } from "../wire/agent/agent.ts";
import type { StartConversationRequest } from "../wire/conversation-request.ts";
import { isInsideRepository, prepareWorkspace } from "../workspace/prepare-workspace.ts";
import type { OpenWorkspace, Workspace, WorkspaceSpec } from "../workspace/workspace.ts";
import { WorkspaceError } from "../workspace/workspace-error.ts";
import type { LiveContext } from "./live/conversation-context.ts";
import { readSecurityPolicy, warnOfTemplate } from "./live/prompt-files.ts";
import { agentAndSecrets, toFirstChange } from "./record/first-record.ts";
import { checkParent } from "./record/parent-conversation.ts";
import { judgeRequest } from "./unserved.ts";

/**
 * Checks a start request, prepares its workspace and stores the conversation. Resolves with the warnings about what the
 * request asks for in vain, or with undefined when the id is taken meanwhile.
 */
export async function startConversation(
  request: StartConversationRequest,
  { id, createdBy }: { id: string; createdBy: string | null },
  context: LiveContext,
): Promise<string[] | undefined> {
  const { store, cipher, tools: registry, logger, persistenceDir, timestamps, unsealed } = context;
  const { parent_conversation_id: parentId, client_tools: clientTools } = request;
  const workingDir = request.workspace.working_dir;
  if (parentId !== null) await checkParent(store, { id, parentId, workingDir });
  const now = timestamps.utcTimestamp();
  const opened = agentAndSecrets(request, { cipher, now });
  const warnings = judgeRequest({ request, agent: opened.agent });
  await resolveTools({ agent: opened.agent, clientTools, registry, logger: silentLogger });
  warnOfTemplate(opened.agent, logger);
  if (request.security_analyzer !== null)
    await createAnalyzer(request.security_analyzer, context.shellScanner);
  warnings.push(...(await prepare(request, { id, agent: opened.agent }, context)));
  try {
    await store.commit(toFirstChange(request, opened, { id, now, createdBy, cipher, persistenceDir }));
    unsealed.keep(id, opened);
  } catch (error) {
    if (AgentServerError.is(error) && error.code === "conflict") return undefined;
    throw error;
  }
  if (warnings.length > 0)
    logger.warn({ conversation_id: id, warnings }, "A request is not honoured in full");
  return warnings;
}

/** Resolves with the warnings about the workspace. */
async function prepare(
  { workspace: requested, worktree }: StartConversationRequest,
  { id, agent }: { id: string; agent: Agent },
  { openWorkspace, dataDir }: LiveContext,
): Promise<string[]> {
  const spec = { conversationId: id, workingDir: requested.working_dir, dataDir: dataDir(id), requested };
  const workspace = await opened(openWorkspace, spec);
  try {
    // Read again with the prompt. A missing file is reported here, where the caller hears of it.
    await readSecurityPolicy(agent, async () => workspace);
    const warnings = worktree ? await judgeWorktree(workspace) : [];
    await prepareWorkspace(workspace);
    return warnings;
  } finally {
    await workspace.close();
  }
}

/**
 * Worktrees keep the agent's changes apart from those of the user. In a folder that does not exist yet there is nothing
 * to keep apart, and outside of a repository the reference makes none either.
 *
 * @throws AgentServerError `unprocessable` for a folder of a repository.
 */
async function judgeWorktree(workspace: Workspace): Promise<string[]> {
  const { workingDir } = workspace.info;
  if ((await workspace.files.stat(workingDir)) === null) return [];
  if (!(await isInsideRepository(workspace))) return [];
  throw new AgentServerError(
    "unprocessable",
    `worktree: ${workingDir} is in a git repository, and this server makes no worktrees yet. ` +
      "Send false to work in the folder itself",
  );
}

/** Reports a workspace that cannot be opened as a failure of the server, not of the request. */
async function opened(open: OpenWorkspace, spec: WorkspaceSpec): Promise<Workspace> {
  try {
    return await open(spec);
  } catch (cause) {
    if (!WorkspaceError.is(cause)) throw cause;
    throw new AgentServerError("unavailable", `The workspace cannot be opened: ${cause.message}`, { cause });
  }
}
