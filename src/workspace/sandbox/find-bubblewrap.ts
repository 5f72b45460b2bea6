import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { WorkspaceError } from "../workspace-error.ts";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";
import { launch } from "./launcher.ts";
import type { ResolvedSandbox } from "./sandbox-options.ts";

/** Milliseconds of the trial. */
const TRIAL_LIMIT = 10_000;

/** Folders that bubblewrap is looked for in. Not the PATH: a folder in it may be one that agents write to. */
const FOLDERS = ["/usr/bin", "/usr/local/bin", "/bin"];

/**
 * Finds bubblewrap and runs a program in a sandbox of these options, so that what the machine cannot do is known before
 * anything depends on it.
 *
 * @throws WorkspaceError `unavailable`. Its message says what is missing and how to get it.
 */
export function findBubblewrap({ network, limits }: ResolvedSandbox): string {
  if (process.platform !== "linux") {
    throw unavailable(
      `bubblewrap needs Linux, and this is ${process.platform}. Run the server in a Linux container.`,
    );
  }
  const program = FOLDERS.map((folder) => join(folder, "bwrap")).find(isExecutable);
  if (program === undefined) {
    throw unavailable("bubblewrap is not installed. Install it, for example: apt-get install bubblewrap");
  }
  const { argv, env } = launch({ argv: ["true"], cwd: "/", env: {} }, limits);
  const parameters = [...bubblewrapArguments({ network, limits, mounts: [] }), ...argv];
  const trial = spawnSync(program, parameters, {
    env: { PATH: "/usr/bin:/bin", ...env },
    encoding: "utf8",
    timeout: TRIAL_LIMIT,
  });
  if (trial.status === 0) return program;
  const said =
    trial.stderr?.trim() || trial.error?.message || `it ended with ${trial.signal ?? trial.status}`;
  throw unavailable(
    `bubblewrap cannot make a sandbox on this machine: ${said}. It needs user namespaces (see the settings ` +
      "kernel.unprivileged_userns_clone, user.max_user_namespaces and kernel.apparmor_restrict_unprivileged_userns), " +
      "bubblewrap 0.8 or newer, and prlimit and env of util-linux and coreutils 8.31 or newer",
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** An error that says that no sandbox can be had, and that there is no run without one. */
export function unavailable(reason: string): WorkspaceError {
  return new WorkspaceError("unavailable", `The sandbox was asked for and cannot be had: ${reason}`);
}
