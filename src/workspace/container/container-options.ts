import { availableParallelism, totalmem } from "node:os";
import { isAbsolute, normalize, resolve } from "node:path";
import type { Environment } from "../local/child-environment.ts";

/** Programs that make containers. */
export type ContainerEngine = "podman" | "docker";

/** Bounds of what a container uses. null: no bound. */
export interface ContainerLimits {
  /** Bytes of memory of the container, `/tmp` included, which holds a quarter of it. Default: 4 GiB. */
  memoryBytes?: number | null;
  /** Processors. Default: 2. */
  cpus?: number | null;
  /** Processes and threads at a time. Default: 512. */
  processes?: number | null;
  /** Bytes of one file. Default: 4 GiB. */
  fileBytes?: number | null;
  /** Seconds of processor time of one process. Default: null. */
  cpuSeconds?: number | null;
}

/** Highest limits that the start request of a conversation may ask for, instead of those of the host. */
export interface RequestLimits {
  /** Bytes. Default: the memory of this machine. */
  memoryBytes?: number;
  /** Default: the processors of this machine. */
  cpus?: number;
}

/** Options of workspaces that are containers. */
export interface ContainerOptions {
  /** The program that makes the containers. */
  engine: ContainerEngine;
  /** Absolute path of that program. Default: the one in `/usr/bin`, `/usr/local/bin` or `/bin`. */
  enginePath?: string;
  /** The image, which must be there already. It needs `sh`, `bash`, `grep`, `cat`, `sleep` and `stty`. */
  image: string;
  /**
   * Folder that every working folder lies in; made when missing. Relative working folders start there, and routes that
   * belong to no conversation work in it. It must not hold the server's own files. Default: `workspace/projects`.
   */
  root?: string;
  /** `none`, `host`, `bridge` or the name of another network of the engine. Default: `none`. */
  network?: string;
  /** Absolute paths of folders that programs and file tools can read in addition. They must exist. Default: none. */
  readOnly?: readonly string[];
  /** Absolute paths of folders that programs and file tools can also write to. They must exist. Default: none. */
  writable?: readonly string[];
  /** Bounds of what a container uses. */
  limits?: ContainerLimits;
  /** Highest limits that start requests may ask for. */
  requestLimits?: RequestLimits;
  /** Capabilities that programs keep, such as `CHOWN`. Default: none. */
  capabilities?: readonly string[];
  /** Whether programs can change nothing but mounted folders and `/tmp`. Default: true. */
  readOnlyRoot?: boolean;
  /**
   * User of the programs, as `id:group`. Files that they make must belong to the user of the server. Default: root,
   * which rootless podman maps to that user, and the server's own ids with docker.
   */
  user?: string;
  /** Arguments of the engine's `run`, added to those of the options above. Default: none. */
  engineArguments?: readonly string[];
  /** Variables that commands get in addition to those of the image. Default: none. */
  commandEnvironment?: Environment | undefined;
  /**
   * Environment that the engine's own program is run with, as far as it concerns the engine. Default: `process.env`.
   */
  environment?: Environment;
  /** Seconds that a container is kept after the last use of its conversation. Default: 300. */
  idleSeconds?: number;
  /**
   * Seconds that a container outlives a server that was killed. A server that starts meanwhile uses it again. Default:
   * 120.
   */
  leaseSeconds?: number;
  /** Seconds in which a container has to start. Default: 120. */
  startSeconds?: number;
  /** Seconds without activity after which the operator may stop this machine. Default: null, never. */
  idleTimeoutSeconds?: number | null | undefined;
}

/** Limits with their defaults filled in. */
export type ResolvedContainerLimits = Required<ContainerLimits>;

/** Options with their defaults filled in. */
export type ResolvedContainer = Required<
  Omit<
    ContainerOptions,
    | "enginePath"
    | "limits"
    | "requestLimits"
    | "commandEnvironment"
    | "environment"
    | "idleTimeoutSeconds"
    | "readOnly"
    | "writable"
  >
> & {
  limits: ResolvedContainerLimits;
  requestLimits: Required<RequestLimits>;
  readOnly: readonly string[];
  writable: readonly string[];
};

const GIB = 1024 ** 3;

const DEFAULT_LIMITS: ResolvedContainerLimits = {
  memoryBytes: 4 * GIB,
  cpus: 2,
  processes: 512,
  fileBytes: 4 * GIB,
  cpuSeconds: null,
};

/** Fills in the defaults. Throws TypeError for invalid options. */
export function resolveContainer(options: ContainerOptions): ResolvedContainer {
  const { engine, image, network = "none", root = "workspace/projects", capabilities = [] } = options;
  if (engine !== "podman" && engine !== "docker") throw new TypeError('engine: must be "podman" or "docker"');
  checkWord("image", image, /^[A-Za-z0-9][\w./:@-]*$/);
  checkWord("network", network, /^[A-Za-z0-9][\w.-]*$/);
  for (const capability of capabilities) checkWord("capabilities", capability, /^[A-Za-z_]+$/);
  const user = options.user ?? defaultUser(engine);
  checkWord("user", user, /^[A-Za-z0-9_][\w.-]*(:[A-Za-z0-9_][\w.-]*)?$/);
  return {
    ...{ engine, image, network, capabilities, user, root: resolve(root) },
    readOnly: pathsOf("readOnly", options.readOnly),
    writable: pathsOf("writable", options.writable),
    limits: limitsOf(options.limits),
    requestLimits: {
      memoryBytes: options.requestLimits?.memoryBytes ?? totalmem(),
      cpus: options.requestLimits?.cpus ?? availableParallelism(),
    },
    readOnlyRoot: options.readOnlyRoot ?? true,
    engineArguments: options.engineArguments ?? [],
    idleSeconds: secondsOf("idleSeconds", options.idleSeconds, 300),
    leaseSeconds: secondsOf("leaseSeconds", options.leaseSeconds, 120),
    startSeconds: secondsOf("startSeconds", options.startSeconds, 120),
  };
}

/** The daemon of docker is always root: without a user, the files of programs would belong to root. */
function defaultUser(engine: ContainerEngine): string {
  if (engine === "podman") return "0:0";
  return `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
}

function checkWord(name: string, value: unknown, pattern: RegExp): void {
  if (typeof value === "string" && pattern.test(value)) return;
  throw new TypeError(`${name}: ${JSON.stringify(value)} is not valid, expected ${pattern.source}`);
}

function secondsOf(name: string, value: number | undefined, standard: number): number {
  const seconds = value ?? standard;
  if (Number.isFinite(seconds) && seconds > 0 && seconds < 1e6) return seconds;
  throw new TypeError(`${name}: must be a number above 0`);
}

function pathsOf(name: string, paths: readonly string[] = []): string[] {
  return paths.map((path) => {
    if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0")) {
      throw new TypeError(`${name}: ${JSON.stringify(path)} is not an absolute path`);
    }
    return normalize(path);
  });
}

function limitsOf(limits: ContainerLimits = {}): ResolvedContainerLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      const known = Object.keys(DEFAULT_LIMITS).join(", ");
      throw new TypeError(`limits.${name}: there is no such limit; known: ${known}`);
    }
    const isValid = name === "cpus" ? Number.isFinite(value) : Number.isSafeInteger(value);
    if (value !== null && !(isValid && (value as number) > 0)) {
      throw new TypeError(
        `limits.${name}: must be a ${name === "cpus" ? "" : "whole "}number above 0, or null`,
      );
    }
  }
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
