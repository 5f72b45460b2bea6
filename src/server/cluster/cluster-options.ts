import { isLoopbackHost } from "../../loopback.ts";
import type { FrameFeed } from "../../stores/relay/frame-feed.ts";
import type { OpenWorkspace } from "../../workspace/workspace.ts";

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
  /**
   * Where a conversation may run. `pinned`: on the machine where it was started, because its files are there. `shared`:
   * on any, because all have the same folders under the same paths. `sandbox`: on any, because its files and programs
   * are in a sandbox that outlives servers; needs a `workspace` such as `sandboxWorkspaces`. Default: `pinned`.
   */
  placement?: "pinned" | "shared" | "sandbox";
  /**
   * Name of the machine, the same for the servers that have its folders. Default: an id that is kept in the folder of
   * conversations.
   */
  machine?: string;
  /**
   * What becomes of the run of a server that has died, once another has taken it over. `continue`: the calls that were
   * open are answered as cut short, and the agent goes on. `mark`: it becomes an error. Default: `continue`.
   */
  cutRuns?: "continue" | "mark";
}

const PLACEMENTS = ["pinned", "shared", "sandbox"];
const CUT_RUNS = ["continue", "mark"];
/** Characters of the name of a machine. */
const MAX_MACHINE = 200;

/** Whether a host stands for every address of a machine, so that no other machine can use it. */
export function isWildcardHost(host: string): boolean {
  return ["0.0.0.0", "::", "[::]"].includes(host);
}

/** The options that a cluster depends on. */
interface AroundCluster {
  cluster?: ClusterOptions | undefined;
  secretKey?: string | undefined;
  store?: object | undefined;
  workspace?: OpenWorkspace | undefined;
  keyless?: string | undefined;
  deferredInit?: object | boolean | undefined;
  apiKeys?: readonly string[] | undefined;
}

/** Checks what a cluster needs. null without one. Throws TypeError with what is wrong. */
export function resolveCluster(options: AroundCluster): ClusterOptions | null {
  const { cluster, secretKey, store, keyless, deferredInit = false } = options;
  if (cluster === undefined) return null;
  if (store === undefined) {
    throw new TypeError("cluster: needs a store that other servers share: set store (--store)");
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
  assertOneOf("placement", cluster.placement, PLACEMENTS);
  assertOneOf("cutRuns", cluster.cutRuns, CUT_RUNS);
  assertMachines(cluster, options.workspace);
  const { machine } = cluster;
  if (machine !== undefined && (machine.trim() === "" || machine.length > MAX_MACHINE)) {
    throw new TypeError(`cluster.machine: must be a name of 1 to ${MAX_MACHINE} characters`);
  }
  return { ...cluster, address: cluster.address.replace(/\/+$/, "") };
}

function assertOneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw new TypeError(`cluster.${name}: must be ${allowed.join(" or ")}`);
}

/** Machines that any server reaches must refuse those that have lost a conversation, and only those can. */
function assertMachines(
  { placement = "pinned" }: ClusterOptions,
  workspace: OpenWorkspace | undefined,
): void {
  const honoursClaims = workspace?.honoursClaims === true;
  if (placement === "sandbox" && !honoursClaims) {
    throw new TypeError(
      "cluster.placement: sandbox needs a workspace whose machines honour claims, such as sandboxWorkspaces (--sandboxes)",
    );
  }
  if (placement !== "sandbox" && honoursClaims) {
    throw new TypeError(`cluster.placement: must be sandbox for this workspace, not ${placement}`);
  }
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
