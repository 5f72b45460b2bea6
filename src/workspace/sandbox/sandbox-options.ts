import { isAbsolute, normalize, resolve } from "node:path";
import type { Environment } from "../local/child-environment.ts";
import type { TerminalPriority } from "../local/local-workspace.ts";

/** Bounds of what programs in a sandbox use. null: no bound. */
export interface SandboxLimits {
  /**
   * Processes and threads at a time: of one command or terminal, and of the whole workspace where the server runs as
   * root, which the kernel counts by a control group only. Default: 512.
   */
  processes?: number | null;
  /**
   * Bytes of memory of one process, and of each of `/tmp` and `/dev/shm`, which hold a quarter of it. Default: 4 GiB.
   */
  memoryBytes?: number | null;
  /** Bytes of one file. Default: 4 GiB. */
  fileBytes?: number | null;
  /** Seconds of processor time of one process. Default: null. */
  cpuSeconds?: number | null;
}

/** Options of workspaces that run in bubblewrap. */
export interface SandboxOptions {
  /**
   * Folder that every working folder lies in; made when missing. Relative working folders start there, and routes that
   * belong to no conversation work in it. It must not hold the server's own files. Default: `workspace/projects`.
   */
  root?: string;
  /**
   * `host` shares the network of the machine, `none` has the loopback interface of the sandbox alone. Default: `none`.
   */
  network?: "none" | "host";
  /** Absolute paths of folders that programs and file tools can read in addition. They must exist. Default: none. */
  readOnly?: readonly string[];
  /**
   * Absolute paths of folders that programs and file tools can also write to. They must exist. Default: none.
   * Conversations with `worktree: true` need two: `worktreeRoot`, which lies in `root`, and the repository.
   */
  writable?: readonly string[];
  /** Bounds of what programs use. */
  limits?: SandboxLimits;
  /** Environment that commands see the harmless variables of. Default: `process.env`. */
  environment?: Environment;
  /** Variables that commands get in addition. Default: none. */
  commandEnvironment?: Environment | undefined;
  /** CPU priority of terminals and all that they start. Default: `low`. */
  terminalPriority?: TerminalPriority | undefined;
  /** Seconds without activity after which the operator may stop this machine. Default: null, never. */
  idleTimeoutSeconds?: number | null | undefined;
}

/** Limits with their defaults filled in. */
export type ResolvedLimits = Required<SandboxLimits>;

/** Options with their defaults filled in. */
export interface ResolvedSandbox {
  root: string;
  network: "none" | "host";
  readOnly: readonly string[];
  writable: readonly string[];
  limits: ResolvedLimits;
}

const GIB = 1024 ** 3;

const DEFAULT_LIMITS: ResolvedLimits = {
  processes: 512,
  memoryBytes: 4 * GIB,
  fileBytes: 4 * GIB,
  cpuSeconds: null,
};

/** Fills in the defaults. Throws TypeError for invalid options. */
export function resolveSandbox(options: SandboxOptions): ResolvedSandbox {
  const { network = "none", root = "workspace/projects" } = options;
  if (network !== "none" && network !== "host") throw new TypeError('network: must be "none" or "host"');
  return {
    root: resolve(root),
    network,
    readOnly: pathsOf("readOnly", options.readOnly),
    writable: pathsOf("writable", options.writable),
    limits: limitsOf(options.limits),
  };
}

function pathsOf(name: string, paths: readonly string[] = []): string[] {
  return paths.map((path) => {
    if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0")) {
      throw new TypeError(`${name}: ${JSON.stringify(path)} is not an absolute path`);
    }
    return normalize(path);
  });
}

function limitsOf(limits: SandboxLimits = {}): ResolvedLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new TypeError(
        `limits.${name}: there is no such limit; known: ${Object.keys(DEFAULT_LIMITS).join(", ")}`,
      );
    }
    if (value !== null && !(Number.isSafeInteger(value) && value > 0)) {
      throw new TypeError(`limits.${name}: must be a whole number above 0, or null`);
    }
  }
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
