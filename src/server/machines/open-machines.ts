import { join } from "node:path";
import { absolutePath } from "../../absolute-path.ts";
import { messageOf } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { Observers } from "../../observing/observers.ts";
import type { Store } from "../../stores/store.ts";
import { LazyWorkspace } from "../../workspace/lazy-workspace.ts";
import { localWorkspace } from "../../workspace/local/local-workspace.ts";
import type { Machines } from "../../workspace/machines.ts";
import type { OpenWorkspace, WorkspaceSpec } from "../../workspace/workspace.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { watchedWorkspaces } from "../telemetry/watched-workspaces.ts";

/**
 * Folder in `conversationsPath` for what the machine of the server's own routes keeps. No conversation has this name.
 */
const MACHINE_FOLDER = "machine";

/** Opens the machines of conversations: those of the host, or else this one. */
export function workspaceOpener(options: ResolvedOptions, observers: Observers): OpenWorkspace {
  const { environment, commandEnvironment, terminalPriority, idleTimeoutSeconds } = options;
  return watchedWorkspaces(
    options.workspace ??
      localWorkspace({ environment, commandEnvironment, terminalPriority, idleTimeoutSeconds }),
    observers,
  );
}

export interface LastingMachinesOptions {
  store: Pick<Store, "conversations">;
  dataFolder: string;
  logger: Logger;
}

/** Machines that stay when workspaces are closed, for the conversations that exist. undefined where there are none. */
export function lastingMachines(
  { machines }: OpenWorkspace,
  { store, dataFolder, logger }: LastingMachinesOptions,
): Machines | undefined {
  return machines?.serve({
    stateFolder: dataFolder,
    existing: async (ids) => new Set((await store.conversations.find(ids, [])).map(({ id }) => id)),
    onError: (error) => logger.warn({ error: messageOf(error) }, "Left machines cannot be removed"),
  });
}

/** Makes the machine of routes that belong to no conversation. It works where the server was started. */
export function ownMachine(openWorkspace: OpenWorkspace, dataFolder: string): LazyWorkspace {
  return new LazyWorkspace(() => openWorkspace(specIn(dataFolder)));
}

function specIn(dataFolder: string): WorkspaceSpec {
  const workingDir = absolutePath(".");
  return {
    conversationId: null,
    workingDir,
    dataDir: join(dataFolder, MACHINE_FOLDER),
    requested: { kind: "LocalWorkspace", working_dir: workingDir },
  };
}
