/** The default of the reference. */
const WORKTREE_ROOT = "/tmp/conversation-worktrees";

/** The folder of all worktrees. */
export function worktreeRootOf({ worktreeRoot }: { worktreeRoot?: string | undefined }): string {
  return worktreeRoot ?? WORKTREE_ROOT;
}
