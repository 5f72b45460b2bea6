import { AgentServerError, messageOf } from "../../errors.ts";
import type { StartConversationRequest } from "../../wire/conversation-request.ts";
import {
  type MadeWorktree,
  type MakingNote,
  makeWorktree,
} from "../../workspace/git/worktree/make-worktree.ts";
import { planWorktree, toPlace, type WorktreePlan } from "../../workspace/git/worktree/plan-worktree.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import type { LiveContext } from "../live/conversation-context.ts";
import { machineLimits } from "../machine-limits.ts";
import { whereAllowed } from "./allowed-worktree.ts";
import { openPlace } from "./open-place.ts";
import { worktreeRootOf } from "./worktree-root.ts";
import { isUsedByAnother } from "./worktree-users.ts";

const DEFAULTS = { base: "default_branch", ref: null, branch_prefix: "openhands/" } as const;

/** The worktree of a conversation that is being started. */
export interface StartingWorktree {
  /** undefined where none is asked for, and where there is no repository. */
  readonly plan: WorktreePlan | undefined;
  /** Warning about a worktree that is not made. */
  readonly warnings: readonly string[];
  /** Makes the planned worktree. Resolves with warnings. */
  make(): Promise<string[]>;
}

interface Start {
  id: string;
  context: LiveContext;
}

const NO_WORKTREE: StartingWorktree = { plan: undefined, warnings: [], make: async () => [] };

/**
 * Does the work of a start, which calls `make` when everything else is checked. Nothing is left of the worktree when
 * the work fails, or resolves with undefined because another start was faster.
 */
export async function startInWorktree<T>(
  request: StartConversationRequest,
  start: Start & { createdBy: string | null },
  work: (worktree: StartingWorktree) => Promise<T | undefined>,
): Promise<T | undefined> {
  if (!request.worktree) return work(NO_WORKTREE);
  const { id, createdBy, context } = start;
  const limits = machineLimits(request.container);
  const workspace = await openPlace(id, request.workspace.working_dir, { ...context, createdBy, limits });
  try {
    const { base, ref, branch_prefix: branchPrefix } = request.worktree_options ?? DEFAULTS;
    const wish = { root: worktreeRootOf(context), id, branchPrefix, start: { base, ref } };
    const { plan, warning } = await whereAllowed(() => planWorktree(workspace, wish));
    if (plan !== undefined) return await inWorktree({ ...start, workspace, plan }, work);
    return await work({ ...NO_WORKTREE, warnings: warning === undefined ? [] : [warning] });
  } finally {
    await workspace.close();
  }
}

async function inWorktree<T>(
  { id, context, workspace, plan }: Start & { workspace: Workspace; plan: WorktreePlan },
  work: (worktree: StartingWorktree) => Promise<T | undefined>,
): Promise<T | undefined> {
  const note = noteOf(plan, { id, context });
  let made: MadeWorktree | undefined;
  const make = async () => {
    await whereAllowed(() => refuseUsed(workspace, { id, folder: plan.folder }, context));
    made = await whereAllowed(() => makeWorktree(workspace, plan, note));
    return made.warnings;
  };
  const undo = () =>
    made?.undo().catch((error: unknown) => {
      context.logger.warn({ conversation_id: id, error: messageOf(error) }, "A worktree is left of a start");
    });
  try {
    const result = await work({ plan, warnings: [], make });
    if (result === undefined) await undo();
    else await note.end();
    return result;
  } catch (error) {
    await undo();
    throw error;
  }
}

/** A fork whose source was removed may still work in the folder. */
async function refuseUsed(
  { files }: Workspace,
  use: { id: string; folder: string },
  { store }: LiveContext,
): Promise<void> {
  if ((await files.stat(use.folder)) === null || !(await isUsedByAnother(store.conversations, use))) return;
  throw new AgentServerError("unprocessable", `worktree: another conversation works in ${use.folder}`);
}

/** A note that fails leaves a worktree behind if the process is killed now, and does no other harm. */
function noteOf(plan: WorktreePlan, { id, context }: Start): MakingNote {
  const { removals, logger } = context;
  const worktree = { ...toPlace(plan), unfinishedBranch: plan.branch };
  const warn = (error: unknown) =>
    logger.warn({ conversation_id: id, error: messageOf(error) }, "A worktree in the making has no note");
  return {
    begin: async () => removals?.begin({ id, worktree }).catch(warn),
    end: async () => removals?.end(id).catch(warn),
  };
}
