import type { Values } from "./command-table.ts";
import { UsageError } from "./usage-error.ts";

/** Where agents work, in one place only. Without any, commands run as the user of the server, without confinement. */
export interface WorkplaceArguments {
  /** null: no sandbox on this machine. */
  sandbox: SandboxArguments | null;
  /** null: no containers. */
  container: ContainerArguments | null;
  /** Address of the sandboxes; null without them. */
  sandboxes: string | null;
}

/** Flags of the sandbox. */
export interface SandboxArguments {
  root: string | undefined;
  network: "none" | "host";
}

/** Flags of containers. */
export interface ContainerArguments {
  image: string;
  engine: "podman" | "docker";
  root: string | undefined;
  network: string;
  engineArguments: readonly string[];
}

export function parseWorkplace(values: Values): WorkplaceArguments {
  return {
    sandbox: parseSandbox(values),
    container: parseContainer(values),
    sandboxes: parseSandboxes(values),
  };
}

function parseSandbox(values: Values): SandboxArguments | null {
  const { sandbox = false, "sandbox-root": root, "sandbox-network": network = "none" } = values;
  if (!sandbox && (root !== undefined || values["sandbox-network"] !== undefined)) {
    throw new UsageError("--sandbox-root and --sandbox-network need --sandbox", "serve");
  }
  if (network !== "none" && network !== "host") {
    throw new UsageError(`--sandbox-network: expected none or host, got ${JSON.stringify(network)}`, "serve");
  }
  return sandbox ? { root, network } : null;
}

function parseContainer(values: Values): ContainerArguments | null {
  const { container: image, "container-engine": engine = "podman", "container-root": root } = values;
  if (image === undefined) {
    const [flag] = Object.keys(values).filter((name) => name.startsWith("container-"));
    if (flag !== undefined) throw new UsageError(`--${flag} needs --container`, "serve");
    return null;
  }
  if (values.sandbox)
    throw new UsageError("--sandbox and --container: only one of them is possible", "serve");
  if (engine !== "podman" && engine !== "docker") {
    throw new UsageError(
      `--container-engine: expected podman or docker, got ${JSON.stringify(engine)}`,
      "serve",
    );
  }
  const { "container-network": network = "none", "container-argument": engineArguments = [] } = values;
  return { image, engine, root, network, engineArguments };
}

function parseSandboxes({ sandboxes, sandbox = false, container }: Values): string | null {
  if (sandboxes === undefined) return null;
  if (sandbox || container !== undefined) {
    const other = sandbox ? "--sandbox" : "--container";
    throw new UsageError(`--sandboxes and ${other}: only one of them is possible`, "serve");
  }
  return sandboxes;
}
