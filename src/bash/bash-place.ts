import { AgentServerError } from "../errors.ts";
import type { SecretMask } from "../secrets/masking/secret-mask.ts";
import type { BashScope } from "../stores/bash-events.ts";
import { isAbsolutePath, joinPath } from "../workspace/paths.ts";
import { type Place, resolvePath } from "../workspace/place.ts";
import { WorkspaceError } from "../workspace/workspace-error.ts";

/** A machine for bash commands, with the secret values that their output must not show. */
export interface BashMachine extends Place {
  /** The mask of the values that are secret now. */
  mask(): Promise<SecretMask>;
}

/** Where bash commands run and who owns their events. */
export interface BashPlace {
  /** The owner of the events. */
  readonly scope: BashScope;
  /** Does something at the machine, which stays open meanwhile. */
  use<T>(work: (machine: BashMachine) => Promise<T>): Promise<T>;
}

/** The folder of a command: as it is shown, and as it is run in. */
export interface CommandFolder {
  /** null where the command names none and the machine has no root. */
  shown: string | null;
  /** Absolute. undefined for the working directory of the machine. */
  path: string | undefined;
}

const OUTSIDE = "cwd must be inside the conversation workspace";

/**
 * Finds the folder of a command. A relative one begins at the working directory.
 *
 * @throws AgentServerError `unprocessable` for a folder outside of the root of the place.
 */
export async function resolveFolder(machine: BashMachine, cwd: string | null): Promise<CommandFolder> {
  const { root, workspace } = machine;
  if (cwd === null || cwd === "") return { shown: root, path: root ?? undefined };
  const absolute = isAbsolutePath(cwd) ? cwd : joinPath(workspace.info.workingDir, cwd);
  // Without a root nothing is refused: the output of the command says why a folder cannot be used.
  if (root === null) return { shown: cwd, path: absolute };
  const resolved = await resolvePath(machine, absolute).catch(toRefusal);
  if (resolved.outcome !== "resolved") throw new AgentServerError("unprocessable", OUTSIDE);
  return { shown: cwd, path: resolved.path };
}

function toRefusal(error: unknown): never {
  if (!WorkspaceError.is(error) || error.code !== "invalid_path") throw error;
  throw new AgentServerError("unprocessable", `${OUTSIDE}: ${error.message}`, { cause: error });
}
