import type { ServerSample } from "../../observing/observer.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import type { Services } from "../services.ts";

interface SampledServer {
  options: Pick<ResolvedOptions, "maxConcurrentRuns">;
  services: Pick<Services, "conversations" | "bash" | "cluster">;
  lifecycle: { readonly ready: boolean };
}

/** The state of a server as it is now. */
export function serverSample({ options, services, lifecycle }: SampledServer): ServerSample {
  const { conversations, bash, cluster } = services;
  return {
    conversations: conversations.liveCount,
    activeRuns: conversations.activeCount,
    queuedRuns: conversations.queuedCount,
    runSlots: options.maxConcurrentRuns,
    bashCommands: bash.commands.runningCount,
    isReady: lifecycle.ready,
    cluster: cluster && { isSure: cluster.isSure() },
  };
}
