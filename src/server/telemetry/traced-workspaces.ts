import type { Observers } from "../../observing/observers.ts";
import type { OpenWorkspace } from "../../workspace/workspace.ts";

/** Lets workspaces on other servers continue the trace of what they are asked for. */
export function tracedWorkspaces(open: OpenWorkspace, observers: Observers): OpenWorkspace {
  if (!observers.watches("outgoing")) return open;
  const traceHeaders = () => observers.traceHeaders();
  return Object.assign((spec: Parameters<OpenWorkspace>[0]) => open({ ...spec, traceHeaders }), open);
}
