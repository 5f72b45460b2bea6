import type { ServerOptions } from "../../server/options.ts";
import type { OpenWorkspace } from "../../workspace/workspace.ts";
import type {
  ContainerArguments,
  SandboxArguments,
  WorkplaceArguments,
} from "../arguments/parse-workplace.ts";

/** Opens the place where agents work, as an option of the server; none for the machine of the server itself. */
export async function workplaceOptions(
  { sandbox, container, sandboxes }: WorkplaceArguments,
  options: ServerOptions,
): Promise<Pick<ServerOptions, "workspace">> {
  if (sandbox !== null) return { workspace: await openSandbox(sandbox, options) };
  if (container !== null) return { workspace: await openContainers(container, options) };
  if (sandboxes !== null) return { workspace: await openSandboxes(sandboxes, options) };
  return {};
}

/**
 * The network of the agents' sandbox. `none` without a sandbox, too: its commands are those of the server's user then.
 */
export function networkOf({ sandbox, container }: WorkplaceArguments): string {
  return (sandbox ?? container)?.network ?? "none";
}

/**
 * Without a key, everything that comes from this machine is served: a sandbox with its network could ask for anything.
 */
export function refuseOpenWorkplace(
  args: WorkplaceArguments & { dangerouslyAllowUnauthenticated: boolean },
  { apiKeys = [] }: ServerOptions,
): void {
  const network = networkOf(args);
  if (network === "none" || apiKeys.length > 0 || args.dangerouslyAllowUnauthenticated) return;
  const kind = args.sandbox ? "sandbox" : "container";
  throw new Error(
    `--${kind}-network ${network}: set a key (OH_SESSION_API_KEYS_0), or agents could use this server from their ${kind}`,
  );
}

async function openContainers(
  { root, ...container }: ContainerArguments,
  options: ServerOptions,
): Promise<OpenWorkspace> {
  const { containerWorkspace } = await import("../../workspace/container/container-workspace.ts");
  const { environment, commandEnvironment, idleTimeoutSeconds } = options;
  return containerWorkspace({
    ...container,
    ...(root !== undefined && { root }),
    ...(environment && { environment }),
    ...{ commandEnvironment, idleTimeoutSeconds },
  });
}

async function openSandboxes(address: string, { idleTimeoutSeconds }: ServerOptions): Promise<OpenWorkspace> {
  const { sandboxWorkspaces } = await import("../../workspace/remote/sandbox-workspaces.ts");
  return sandboxWorkspaces({ address, apiKey: process.env.OH_SANDBOXES_KEY, idleTimeoutSeconds });
}

async function openSandbox(
  { root, network }: SandboxArguments,
  options: ServerOptions,
): Promise<OpenWorkspace> {
  const { sandboxedWorkspace } = await import("../../workspace/sandbox/sandboxed-workspace.ts");
  const { environment, commandEnvironment, terminalPriority, idleTimeoutSeconds } = options;
  return sandboxedWorkspace({
    ...(root !== undefined && { root }),
    network,
    ...(environment && { environment }),
    ...{ commandEnvironment, terminalPriority, idleTimeoutSeconds },
  });
}
