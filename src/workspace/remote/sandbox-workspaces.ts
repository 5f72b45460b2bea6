import type { OpenWorkspace } from "../workspace.ts";
import { openRemote } from "./remote-workspace.ts";
import type { SandboxAddress, SandboxHost } from "./sandbox-host.ts";
import { SandboxMachines } from "./sandbox-machines.ts";
import { resolveRemote } from "./server/remote-options.ts";

/** Stands for the conversation in an address. */
const PLACE = "{conversation_id}";
/** Stands there where a request belongs to no conversation. */
const NO_CONVERSATION = "server";

/**
 * Gives each conversation a sandbox, another agent server of this package, which outlives the servers that work with it.
 * For a cluster with the placement `sandbox`, in which any server may go on with any conversation: what runs in the
 * sandbox of a server that has died goes on there, the next server waits for it, and what the dead one still sends is
 * refused. A server alone can have it, too.
 *
 * @throws TypeError for invalid options.
 *
 * @example
 * ```ts
 * createServer({
 *   store,
 *   secretKey,
 *   apiKeys,
 *   cluster: { address, placement: "sandbox" },
 *   workspace: sandboxWorkspaces({
 *     open: async ({ id }) => ({ host: await startPod(id), apiKey: process.env.SANDBOX_KEY }),
 *   }),
 * });
 * ```
 */
export function sandboxWorkspaces(options: SandboxHost | SandboxAddress): OpenWorkspace {
  const machines = "address" in options ? fixedMachines(options) : new SandboxMachines(options);
  const open: OpenWorkspace = (spec) =>
    machines.open(spec.conversationId, (remote) => openRemote(remote, spec));
  return Object.assign(open, {
    honoursClaims: true,
    machines: { runtime: "local" as const, serve: () => machines, fault: () => undefined },
  });
}

function fixedMachines({ address, ...options }: SandboxAddress): SandboxMachines {
  const find = (id: string | null) => ({
    ...options,
    host: address.replaceAll(PLACE, id ?? NO_CONVERSATION),
  });
  resolveRemote(find(null));
  return new SandboxMachines({ open: ({ id }) => find(id) }, find);
}
