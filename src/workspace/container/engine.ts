import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../local/child-environment.ts";
import { runProcess } from "../local/run-process.ts";
import type { RunResult } from "../workspace.ts";
import { WorkspaceError } from "../workspace-error.ts";
import type { ContainerEngine, ContainerOptions } from "./container-options.ts";

/** Folders that engines are looked for in. Not the PATH: a folder in it may be one that agents write to. */
const FOLDERS = ["/usr/bin", "/usr/local/bin", "/bin"];

/**
 * Variables that say how an engine is reached and where it keeps its files. Nothing else of the server's reaches it.
 */
const VARIABLES =
  /^(HOME|USER|XDG_RUNTIME_DIR|XDG_DATA_HOME|XDG_CONFIG_HOME|DBUS_SESSION_BUS_ADDRESS|DOCKER_(HOST|CONTEXT|CONFIG|TLS_VERIFY|CERT_PATH)|CONTAINER_HOST|CONTAINERS_\w+)$/;

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Milliseconds of a call that starts nothing. */
const SHORT = 30_000;

/** The program of a container engine on this machine. */
export class Engine {
  readonly name: ContainerEngine;
  /** Absolute path of the program. */
  readonly path: string;
  /** Everything that the program sees of an environment. */
  readonly environment: Readonly<Record<string, string>>;

  /** @throws WorkspaceError `unavailable` when the program is not installed. */
  constructor({
    engine,
    enginePath,
    environment = process.env,
  }: Pick<ContainerOptions, "engine" | "enginePath" | "environment">) {
    const candidates =
      enginePath === undefined ? FOLDERS.map((folder) => join(folder, engine)) : [enginePath];
    const path = candidates.find(isExecutable);
    if (path === undefined) {
      throw unavailable(
        enginePath === undefined
          ? `${engine} is not installed. Install it, for example: apt-get install ${engine === "podman" ? "podman" : "docker.io"}`
          : `enginePath: ${enginePath} cannot be run`,
      );
    }
    this.name = engine;
    this.path = path;
    this.environment = engineEnvironment(environment);
  }

  /** Runs the program to its end, which at the latest comes after `timeout` milliseconds. */
  run(parameters: readonly string[], timeout: number = SHORT): Promise<RunResult> {
    return runProcess([this.path, ...parameters], { cwd: "/", env: this.environment, timeout });
  }
}

/** An error that says that no container can be had, and that there is no run without one. */
export function unavailable(reason: string): WorkspaceError {
  return new WorkspaceError("unavailable", `Containers were asked for and cannot be had: ${reason}`);
}

/** Words of the engine about a failure, on one line. */
export function saidBy({ stderr, stdout, outcome, exitCode }: RunResult): string {
  if (outcome === "timed_out") return "it did not answer in time";
  const lines = (stderr.trim() || stdout.trim()).split("\n");
  return (lines.at(-1) ?? "").slice(0, 500) || `it ended with ${exitCode}`;
}

/** Whether the engine says that there is no such container. */
export function isMissing({ stderr }: RunResult): boolean {
  return /no such (container|object)|no container with name/i.test(stderr);
}

function engineEnvironment(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && VARIABLES.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), PATH, LC_ALL: "C.UTF-8" };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
