import type { MachineClaims } from "../../machine-claim.ts";
import type { WatchRequest } from "../../workspace.ts";

/** Another agent server as the machine of agents. */
export interface RemoteOptions {
  /**
   * Address of the other server: ours, or the reference's. http or https, with the path below which it answers, if it
   * has one. It runs on Linux with bash and the GNU core utilities.
   */
  host: string;
  /** The session key of the other server. Default: none is sent. */
  apiKey?: string | undefined;
  /**
   * Absolute path of a folder on the other machine. Relative working folders start there, and routes that belong to no
   * conversation work in it. Default: the folder that the other server was started in.
   */
  workingDir?: string | undefined;
  /**
   * Milliseconds until a request counts as lost, and a server that does not answer as gone. A body may take longer as
   * long as pieces of it come. Default: 30,000.
   */
  patience?: number | undefined;
  /** Seconds without activity after which the operator may stop that machine. Default: null, never. */
  idleTimeoutSeconds?: number | null | undefined;
}

/** Options with their defaults filled in. */
export interface ResolvedRemote {
  /** Without a slash at its end. */
  readonly address: string;
  readonly apiKey: string | undefined;
  readonly workingDir: string | undefined;
  readonly patience: number;
  readonly idleTimeoutSeconds: number | null;
  /** The claims under which the machine is used. undefined where no other server may use it for the conversation. */
  readonly claims?: MachineClaims | undefined;
  /** Shows requests to what watches this server. Default: they are sent as they are. */
  readonly watchRequest?: WatchRequest | undefined;
}

const DEFAULT_PATIENCE = 30_000;

/** Fills in the defaults. Throws TypeError for invalid options; no message shows the key. */
export function resolveRemote(options: RemoteOptions): ResolvedRemote {
  const { apiKey, workingDir, patience = DEFAULT_PATIENCE, idleTimeoutSeconds = null } = options;
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError("apiKey: must be printable ASCII without blanks, which a header can hold");
  }
  if (workingDir !== undefined && (!workingDir.startsWith("/") || workingDir.includes("\0"))) {
    throw new TypeError("workingDir: must be an absolute path on the other machine");
  }
  if (!Number.isFinite(patience) || patience <= 0 || patience > 600_000) {
    throw new TypeError("patience: must be between 1 and 600000 milliseconds");
  }
  return { address: addressOf(options.host), apiKey, workingDir, patience, idleTimeoutSeconds };
}

function addressOf(host: string): string {
  const url = URL.canParse(host) ? new URL(host) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new TypeError("host: must be an http or https URL, such as http://10.0.0.7:8000");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new TypeError("host: must have no user, password, query or fragment; the key belongs in apiKey");
  }
  return (url.origin + url.pathname).replace(/\/+$/, "");
}
