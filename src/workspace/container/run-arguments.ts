import { WorkspaceError } from "../workspace-error.ts";
import type { ContainerEngine, ResolvedContainer } from "./container-options.ts";

/** A folder of this machine as a container shows it. */
export interface ContainerMount {
  /** Absolute path on this machine, without links. */
  source: string;
  /** Absolute path in the container. */
  path: string;
  isWritable: boolean;
}

/** Bytes of `/tmp` where no limit of the memory says it. */
const DEFAULT_SCRATCH = 1024 ** 3;

/** The arguments of `run` that make a container harmless, before the image. */
export function hardening(
  { network, capabilities, readOnlyRoot, user, engineArguments, limits }: ResolvedContainer,
  mounts: readonly ContainerMount[],
): string[] {
  const { memoryBytes, cpus, processes } = limits;
  const scratch = memoryBytes === null ? DEFAULT_SCRATCH : Math.ceil(memoryBytes / 4);
  return [
    ...["--pull", "never", "--network", network, "--user", user, "--workdir", "/", "--hostname", "agent"],
    ...["--cap-drop", "ALL", ...capabilities.flatMap((name) => ["--cap-add", name])],
    ...["--security-opt", "no-new-privileges", ...(readOnlyRoot ? ["--read-only"] : [])],
    ...(memoryBytes === null ? [] : ["--memory", `${memoryBytes}b`]),
    ...(cpus === null ? [] : ["--cpus", String(cpus)]),
    ...(processes === null ? [] : ["--pids-limit", String(processes)]),
    ...["--tmpfs", `/tmp:rw,exec,nosuid,nodev,mode=1777,size=${scratch}`, "--shm-size", `${scratch}b`],
    ...["--no-healthcheck", "--log-driver", "none", "--entrypoint", "/bin/sh"],
    ...mounts.flatMap(({ path, isWritable, source }) => mountArguments({ source, path, isWritable })),
    ...engineArguments,
  ];
}

/**
 * Checks that the engine takes the paths of a mount. The options of both engines are lists within one text: `--volume`
 * ends a path at a colon, `--mount` at a comma, and no quoting works with both.
 *
 * @throws WorkspaceError `invalid_path` for a path that it cannot take.
 */
export function checkMountable(
  { source, path }: Pick<ContainerMount, "source" | "path">,
  engine: ContainerEngine,
): void {
  const both = source + path;
  const isHard = /[\n\r]/.test(both) || (both.includes(":") && /[,"]/.test(both));
  if (!isHard) return;
  throw new WorkspaceError(
    "invalid_path",
    `${JSON.stringify(source)}: ${engine} cannot mount a folder with these characters in its path`,
  );
}

function mountArguments({ source, path, isWritable }: ContainerMount): string[] {
  if (!`${source}${path}`.includes(":")) return ["--volume", `${source}:${path}:${isWritable ? "rw" : "ro"}`];
  return ["--mount", `type=bind,source=${source},target=${path}${isWritable ? "" : ",readonly"}`];
}
