import type { Observers } from "../../observing/observers.ts";
import type { OpenWorkspace, WatchRequest } from "../../workspace/workspace.ts";

/** Shows requests of workspaces to the servers that they are on, which continue the trace of what they are asked for. */
export function watchedWorkspaces(open: OpenWorkspace, observers: Observers): OpenWorkspace {
  if (!observers.watches("outgoing")) return open;
  const watchRequest: WatchRequest = (about, send) => {
    const request = { to: "workspace", ...about } as const;
    return observers.watch("outgoing", request, {
      work: () => send(observers.traceHeaders(request)),
      ended: ({ status }) => ({ status }),
    });
  };
  return Object.assign((spec: Parameters<OpenWorkspace>[0]) => open({ ...spec, watchRequest }), open);
}
