import { join } from "node:path";
import type { PrivateFolder } from "../local/private-folder.ts";
import type { WrapCommand } from "../local/wrap-command.ts";
import { exportLines } from "../sandbox/launcher.ts";
import type { Argv } from "../workspace.ts";
import type { Container } from "./container.ts";
import type { ResolvedContainerLimits } from "./container-options.ts";
import { ContainerProcesses } from "./container-processes.ts";
import type { Engine } from "./engine.ts";
import { PERMIT_SUFFIX } from "./left-behind.ts";
import { COMMAND_VARIABLE, LAUNCHER, TERMINAL_LAUNCHER } from "./scripts.ts";

/**
 * Keys that a terminal's client takes for its own. Podman takes none; docker cannot, and gets keys that are never
 * typed.
 */
const DETACH_KEYS = { podman: "", docker: "ctrl-@,ctrl-_,ctrl-@,ctrl-_" } as const;

/** Bytes in the unit of the shell's `ulimit -f`. */
const BLOCK = 512;

export interface WrapperParts {
  engine: Engine;
  container: Container;
  /** A folder that the container shows and cannot change. */
  exchange: PrivateFolder;
  limits: Pick<ResolvedContainerLimits, "fileBytes" | "cpuSeconds">;
}

/**
 * Makes commands that the engine runs in a container, which is started first if need be. Neither a variable nor its
 * value is an argument, or in the environment of the engine: they are in a file that only this user and the container
 * can read.
 */
export function wrapInContainer({ engine, container, exchange, limits }: WrapperParts): WrapCommand {
  const blocks = limits.fileBytes === null ? "" : String(Math.ceil(limits.fileBytes / BLOCK));
  const seconds = limits.cpuSeconds === null ? "" : String(limits.cpuSeconds);
  return async ({ argv, cwd, env }, { hasTerminal = false, hasInput = false } = {}) => {
    await container.ready();
    const id = crypto.randomUUID();
    const permit = `${id}${PERMIT_SUFFIX}`;
    await exchange.write(permit, exportLines(env).join(""));
    const path = join(exchange.path, permit);
    const command: Argv = [
      ...([engine.path, "exec"] as const),
      ...(hasTerminal ? ["--interactive", "--tty", "--detach-keys", DETACH_KEYS[engine.name]] : []),
      ...(hasInput ? ["--interactive"] : []),
      ...["--env", `${COMMAND_VARIABLE}=${id}`, container.plan.name],
      ...["/bin/sh", "-c", hasTerminal ? TERMINAL_LAUNCHER : LAUNCHER, "sh"],
      ...[path, cwd, blocks, seconds, ...argv],
    ];
    const elsewhere = new ContainerProcesses({ engine, container, id, permit: path });
    return { argv: command, cwd: "/", env: engine.environment, layers: 1, elsewhere };
  };
}
