import { isLoopbackHost } from "../../loopback.ts";
import type { FrameFeed } from "../../stores/relay/frame-feed.ts";

/** A server among others that share its store. */
export interface ClusterOptions {
  /**
   * Base URL where the other servers reach this one, such as `http://10.0.0.7:8000`; with the path at which a host
   * mounts it.
   */
  address: string;
  /**
   * Carries live events to the watchers at other servers; closed with the server. Default: a socket between two servers
   * whenever one has watchers. `redisFeed` and `natsFeed` serve clusters whose conversations are watched from most
   * servers.
   */
  feed?: FrameFeed | undefined;
}

/** Whether a host stands for every address of a machine, so that no other machine can use it. */
export function isWildcardHost(host: string): boolean {
  return ["0.0.0.0", "::", "[::]"].includes(host);
}

/** The options that a cluster depends on. */
interface AroundCluster {
  cluster?: ClusterOptions | undefined;
  secretKey?: string | undefined;
  store?: object | undefined;
  keyless?: string | undefined;
  deferredInit?: object | boolean | undefined;
  apiKeys?: readonly string[] | undefined;
}

/** Checks what a cluster needs. null without one. Throws TypeError with what is wrong. */
export function resolveCluster(options: AroundCluster): ClusterOptions | null {
  const { cluster, secretKey, store, keyless, deferredInit = false } = options;
  if (cluster === undefined) return null;
  if (store === undefined) {
    throw new TypeError("cluster: needs a store that other servers share: set store");
  }
  if (secretKey === undefined) {
    throw new TypeError(
      "cluster: needs secretKey (OH_SECRET_KEY), the same for all servers: they recognise each other by it",
    );
  }
  if (deferredInit !== false)
    throw new TypeError("cluster: a server with deferredInit cannot be part of one");
  const url = addressIn(cluster.address);
  if (keyless === "loopback" && !isLoopbackHost(url.hostname) && (options.apiKeys ?? []).length === 0) {
    throw new TypeError(
      "cluster: without keys only this machine is served: set apiKeys, or a loopback address",
    );
  }
  return { ...cluster, address: cluster.address.replace(/\/+$/, "") };
}

function addressIn(address: unknown): URL {
  const url = typeof address === "string" ? URL.parse(address) : null;
  const isPlain =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.search + url.hash + url.username + url.password === "";
  if (!isPlain) {
    throw new TypeError("cluster.address: must be an http or https URL such as http://10.0.0.7:8000");
  }
  if (isWildcardHost(url.hostname) || url.port === "0") {
    throw new TypeError(
      `cluster.address: other servers cannot reach ${url.host}: name an address of this machine and its port`,
    );
  }
  return url;
}
