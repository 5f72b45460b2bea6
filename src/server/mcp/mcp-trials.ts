import type { Clock } from "../../clock.ts";
import type { RemoteAccess } from "../../mcp/transports/remote-access.ts";
import { once } from "../../once.ts";
import type { McpTrials } from "../../routes/settings/mcp.ts";
import type { Cipher } from "../../secrets/cipher.ts";
import type { NodeSeat } from "../../stores/nodes/node-seat.ts";
import type { LazyWorkspace } from "../../workspace/lazy-workspace.ts";

export interface McpTrialsOptions {
  cipher: Cipher | undefined;
  clock: Clock;
  remote: RemoteAccess;
  machine: LazyWorkspace;
  /** The place of the server among the nodes of its store. */
  seat: NodeSeat;
}

/** Trials of MCP servers, loaded when first asked. */
export interface LazyMcpTrials {
  get(): Promise<McpTrials>;
  /** Ends the authorizations that wait for their users. */
  close(): Promise<void>;
}

export function mcpTrials({ cipher, clock, remote, machine, seat }: McpTrialsOptions): LazyMcpTrials {
  let opened: Promise<McpTrials> | undefined;
  const open = once(async () => {
    const { ServerTests } = await import("../../mcp/probe/server-tests.ts");
    const { OAuthJobs } = await import("../../mcp/probe/oauth-jobs.ts");
    const { openBrowserReturn } = await import("./browser-return.ts");
    const tests = new ServerTests({ cipher, remote, workspace: () => machine.get() });
    const claim = (id: string) => claimed(seat, id);
    return { tests, jobs: new OAuthJobs({ tests, clock, openReturn: openBrowserReturn, claim }) };
  });
  return {
    get() {
      opened = open();
      return opened;
    },
    close: async () => (await opened)?.jobs.close(),
  };
}

/** Lets the other servers find who knows a job. */
async function claimed(seat: NodeSeat, id: string): Promise<() => Promise<void>> {
  const outcome = await seat.claim(id);
  return async () => {
    if ("fence" in outcome) await seat.release(id, outcome.fence);
  };
}
