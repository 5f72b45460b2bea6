import { createAnalyzer } from "../agent/security/create-analyzer.ts";
import { AgentServerError } from "../errors.ts";
import { resolveTools } from "../tools/toolbox/resolve-tools.ts";
import type { Agent } from "../wire/agent/agent.ts";
import type { StartConversationRequest } from "../wire/conversation-request.ts";
import { prepareWorkspace } from "../workspace/prepare-workspace.ts";
import type { OpenWorkspace, Workspace, WorkspaceSpec } from "../workspace/workspace.ts";
import { WorkspaceError } from "../workspace/workspace-error.ts";
import type { LiveContext } from "./live/conversation-context.ts";
import { readSecurityPolicy, warnOfTemplate } from "./live/prompt-files.ts";
import { agentAndSecrets, toFirstChange } from "./record/first-record.ts";
import { checkParent } from "./record/parent-conversation.ts";

/** Checks a start request, prepares its workspace and stores the conversation. False when the id is taken meanwhile. */
export async function startConversation(
  request: StartConversationRequest,
  { id, createdBy }: { id: string; createdBy: string | null },
  context: LiveContext,
): Promise<boolean> {
  const { store, cipher, tools: registry, logger, persistenceDir, timestamps, unsealed } = context;
  const { parent_conversation_id: parentId, client_tools: clientTools } = request;
  const workingDir = request.workspace.working_dir;
  if (parentId !== null) await checkParent(store, { id, parentId, workingDir });
  const now = timestamps.utcTimestamp();
  const opened = agentAndSecrets(request, { cipher, now });
  await resolveTools({ agent: opened.agent, clientTools, registry, logger });
  warnOfTemplate(opened.agent, logger);
  if (request.security_analyzer !== null) await createAnalyzer(request.security_analyzer);
  await prepare(request, { id, agent: opened.agent }, context);
  try {
    await store.commit(toFirstChange(request, opened, { id, now, createdBy, cipher, persistenceDir }));
    unsealed.keep(id, opened);
    return true;
  } catch (error) {
    if (AgentServerError.is(error) && error.code === "conflict") return false;
    throw error;
  }
}

async function prepare(
  { workspace: requested }: StartConversationRequest,
  { id, agent }: { id: string; agent: Agent },
  { openWorkspace, dataDir }: LiveContext,
): Promise<void> {
  const spec = { conversationId: id, workingDir: requested.working_dir, dataDir: dataDir(id), requested };
  const workspace = await opened(openWorkspace, spec);
  try {
    // Read again with the prompt. A missing file is reported here, where the caller hears of it.
    await readSecurityPolicy(agent, async () => workspace);
    await prepareWorkspace(workspace);
  } finally {
    await workspace.close();
  }
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
