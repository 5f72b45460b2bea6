import type { ClusterOptions } from "../server/cluster/cluster-options.ts";
import type { Settings } from "./reference-settings.ts";

/** A server among others, as far as the settings say. */
export interface ClusterSettings extends Partial<ClusterOptions> {
  /** Whether they make the server one. */
  isWanted: boolean;
}

/** An address is enough to make the server one. `OH_CLUSTER=0` switches off what the other settings say. */
export function clusterSettings(settings: Settings): ClusterSettings {
  const {
    cluster_address: address,
    cluster: isWanted = Boolean(address),
    cluster_placement: placement,
    cluster_machine: machine,
    cluster_cut_runs: cutRuns,
  } = settings;
  if (settings.cluster === false) return { isWanted };
  return {
    isWanted,
    ...(address && { address }),
    ...(placement && { placement }),
    ...(machine && { machine }),
    ...(cutRuns && { cutRuns }),
  };
}

/** The option of a server. undefined without an address: only the command knows where it listens. */
export function clusterOption({ isWanted, address, ...more }: ClusterSettings): ClusterOptions | undefined {
  return isWanted && address !== undefined ? { address, ...more } : undefined;
}
