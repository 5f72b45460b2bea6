import { join } from "node:path";
import { onTestFinished } from "vitest";
import { messageOf } from "../../../src/errors.ts";
import type { ContainerOptions } from "../../../src/workspace/container/container-options.ts";
import { containerWorkspace } from "../../../src/workspace/container/container-workspace.ts";
import type { MachinesHost } from "../../../src/workspace/machines.ts";
import type { OpenWorkspace, Workspace } from "../../../src/workspace/workspace.ts";
import { temporaryDirectory } from "../open-local.ts";
import { makeTestImage, TEST_IMAGE } from "./test-image.ts";

/** Options of containers that work on a machine without systemd, where the newer runtime of podman does not. */
export const TEST_OPTIONS = {
  engine: "podman",
  image: TEST_IMAGE,
  engineArguments: ["--runtime", "runc", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=2048:2048"],
  idleSeconds: 60,
} as const satisfies ContainerOptions;

/** Why no container can be had on this machine; undefined where it can. CI must not skip these suites. */
export const NO_CONTAINERS: string | undefined = reasonOfMissing();

function reasonOfMissing(): string | undefined {
  try {
    makeTestImage(TEST_OPTIONS.engine);
    containerWorkspace(TEST_OPTIONS);
    return undefined;
  } catch (error) {
    if (process.env.REQUIRE_CONTAINERS) throw error;
    const reason = messageOf(error);
    process.stderr.write(`\n!!! SKIPPED: every test of containers in this file. ${reason}\n\n`);
    return reason;
  }
}

export interface OpenContainer extends Partial<ContainerOptions> {
  /** Folder that holds the server's files and the root. Default: a new one. */
  folder?: string;
  /** Name of the conversation's folders. Default: "one". */
  name?: string;
}

/** Opens containers in a folder, as a server does. They are removed when the test ends. */
export function openContainers(
  top: string,
  options: Partial<ContainerOptions> = {},
  existing: MachinesHost["existing"] = async (ids) => new Set(ids),
) {
  const open: OpenWorkspace = containerWorkspace({
    ...TEST_OPTIONS,
    root: join(top, "projects"),
    ...options,
  });
  const machines = open.machines?.serve({
    stateFolder: join(top, "state"),
    existing,
    onError: () => {},
  });
  const opened = new Set<string>();
  onTestFinished(async () => {
    for (const id of opened) await machines?.remove(id);
  });
  return {
    machines,
    open: async (id: string, name = "one"): Promise<Workspace> => {
      opened.add(id);
      const workspace = await open({
        conversationId: id,
        workingDir: name,
        dataDir: join(top, "state", id.replaceAll("-", "")),
        requested: {},
      });
      onTestFinished(() => workspace.close());
      return workspace;
    },
  };
}

/** A container that ends with the test: `projects/NAME` and `state/…` of the folder. */
export async function openContainer({ folder, name, ...options }: OpenContainer = {}): Promise<Workspace> {
  const top = folder ?? (await temporaryDirectory());
  return openContainers(top, options).open(crypto.randomUUID(), name);
}
