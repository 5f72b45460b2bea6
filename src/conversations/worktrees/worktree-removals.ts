import type { Store } from "../../stores/store.ts";
import { isUuid } from "../../wire/ids.ts";
import { removeWorktree, type WorktreeRemains } from "../../workspace/git/worktree/remove-worktree.ts";
import { joinPath } from "../../workspace/paths.ts";
import { isWithin } from "../../workspace/place.ts";
import type { ConversationConfig } from "../record/conversation-config.ts";
import { readConfig } from "../record/conversation-documents.ts";
import { openPlace, type PlaceOptions } from "./open-place.ts";
import { worktreeRootOf } from "./worktree-root.ts";
import { isUsedByAnother } from "./worktree-users.ts";

export interface WorktreeRemovalOptions extends PlaceOptions {
  store: Pick<Store, "conversations">;
  /** Absolute folder of the worktrees, on the machines of the conversations. Default: `/tmp/conversation-worktrees`. */
  worktreeRoot?: string | undefined;
}

/**
 * The worktree that a stored conversation works in, its own or that of another. undefined without one.
 *
 * @throws AgentServerError `damaged` when that cannot be read.
 */
export async function worktreeOf(
  id: string,
  options: WorktreeRemovalOptions,
): Promise<WorktreeRemains | undefined> {
  const [record] = await options.store.conversations.find([id], ["config"]);
  if (record === undefined) return undefined;
  const config = readConfig(record);
  return config.worktree_place ?? surrounding(config, worktreeRootOf(options));
}

/** A conversation may work in the worktree of another, as forks do, and may be the last one to. */
function surrounding({ workspace }: ConversationConfig, root: string): WorktreeRemains | undefined {
  const { working_dir: workingDir } = workspace;
  if (!isWithin(root, workingDir)) return undefined;
  const [owner = "", name] = workingDir.slice(root.length).split("/").filter(Boolean);
  if (!isUuid(owner) || name === undefined) return undefined;
  const folder = joinPath(root, owner);
  return { folder, path: joinPath(folder, name), source: workingDir };
}

/**
 * Removes the worktree of a conversation that is not stored any more, unless another works in it. What was not
 * committed is lost with it, as in the reference; the branch stays.
 */
export async function removeUnused(
  id: string,
  worktree: WorktreeRemains,
  options: WorktreeRemovalOptions,
): Promise<void> {
  const { conversations } = options.store;
  if (await isUsedByAnother(conversations, { id, folder: worktree.folder })) return;
  const workspace = await openPlace(id, worktree.source, options);
  try {
    await removeWorktree(workspace, worktree);
  } finally {
    await workspace.close();
  }
}
