import type { ServerSample, WebhookSample } from "../../observing/observer.ts";
import type { WebhookTotals } from "../../webhooks/webhook-totals.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";
import { PACKAGE_VERSION } from "../package-version.ts";
import type { Services } from "../services.ts";

interface SampledServer {
  options: Pick<ResolvedOptions, "maxConcurrentRuns">;
  services: Pick<Services, "conversations" | "bash" | "cluster" | "webhooks">;
  lifecycle: { readonly ready: boolean };
}

export interface SampleParts {
  /** Milliseconds since 1970. */
  now(): number;
  diskSpace: ServerSample["diskSpace"];
}

/** The state of a server as it is now. */
export function serverSample(
  { options, services, lifecycle }: SampledServer,
  { now, diskSpace }: SampleParts,
): ServerSample {
  const { conversations, bash, cluster, webhooks } = services;
  return {
    version: PACKAGE_VERSION,
    conversations: conversations.liveCount,
    activeRuns: conversations.activeCount,
    queuedRuns: conversations.queuedCount,
    runSlots: options.maxConcurrentRuns,
    bashCommands: bash.commands.runningCount,
    isReady: lifecycle.ready,
    cluster: cluster && { isSure: cluster.isSure() },
    webhooks: webhooks && webhookSample(webhooks.totals(), now()),
    diskSpace,
  };
}

function webhookSample({ oldestAt, ...numbers }: WebhookTotals, now: number): WebhookSample {
  // The clock may have been set back.
  return { ...numbers, oldestSeconds: oldestAt === undefined ? 0 : Math.max(0, now - oldestAt) / 1_000 };
}
