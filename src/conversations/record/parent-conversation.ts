import { AgentServerError } from "../../errors.ts";
import type { Store } from "../../stores/store.ts";
import { readConfig } from "./conversation-documents.ts";

/**
 * Throws `unprocessable` unless the parent exists and works in the same folder, and `damaged` when that cannot be read.
 */
export async function checkParent(
  store: Store,
  child: { id: string; parentId: string; workingDir: string },
): Promise<void> {
  const { id, parentId, workingDir } = child;
  if (parentId === id) throw refused("A conversation cannot be its own parent");
  const [parent] = await store.conversations.find([parentId], ["config"]);
  if (parent === undefined) throw unknownParent(parentId);
  const { workspace } = readConfig(parent);
  if (withoutSlash(workspace.working_dir) !== withoutSlash(workingDir)) {
    throw refused(`Parent conversation ${parentId} belongs to a different workspace`);
  }
}

export function unknownParent(parentId: string): AgentServerError {
  return refused(`Parent conversation ${parentId} not found`);
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, "");
}

function refused(detail: string): AgentServerError {
  return new AgentServerError("unprocessable", detail);
}
