import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pack } from "../package/pack.ts";
import { TEST_OPTIONS } from "../workspace/container/open-container.ts";
import { BASE_IMAGE, makeBaseImage } from "./base-image.ts";

const root = resolve(import.meta.dirname, "../..");

export const IMAGE = "localhost/agent-server:test";

/** What every container needs on a machine without systemd, whose timers podman checks health by, and with low limits. */
export const RUN_OPTIONS = [...TEST_OPTIONS.engineArguments, "--no-healthcheck"];

/** Builds the image of the example from what a release would be. Layers that are there already are taken again. */
export async function buildImage(): Promise<void> {
  makeBaseImage();
  const context = mkdtempSync(join(tmpdir(), "agent-server-context-"));
  try {
    await pack(context);
    for (const name of [".npmrc", "package.json", "package-lock.json"]) {
      cpSync(join(root, name), join(context, name));
    }
    podman(
      ...["--runtime", "runc", "build", "--quiet", "--format", "docker", "--network", "host"],
      ...["--build-arg", `NODE=${BASE_IMAGE}`, "--tag", IMAGE],
      ...["--file", join(root, "examples/container/Dockerfile"), context],
    );
  } finally {
    rmSync(context, { recursive: true });
  }
}

/** Runs podman and gives what it printed. Throws what it complained about. */
export function podman(...parameters: string[]): string {
  const { status, stdout, stderr } = tryPodman(...parameters);
  if (status === 0) return stdout.trim();
  throw new Error(`podman ${parameters.join(" ")}: ${stderr}`);
}

export function tryPodman(...parameters: string[]): SpawnSyncReturns<string> {
  return spawnSync("podman", parameters, { encoding: "utf8" });
}

/** Makes a port of loopback reachable from containers, at the name `host.containers.internal`. */
export async function openToContainers(url: string) {
  const { hostname, port, pathname } = new URL(url);
  const relay = createServer((socket) => {
    const upstream = connect(Number(port), hostname);
    for (const end of [socket, upstream]) end.on("error", () => [socket, upstream].map((it) => it.destroy()));
    socket.pipe(upstream).pipe(socket);
  });
  await once(relay.listen(0, "0.0.0.0"), "listening");
  const { port: own } = relay.address() as AddressInfo;
  return {
    url: `http://host.containers.internal:${own}${pathname}`,
    [Symbol.asyncDispose]: async () => void relay.close(),
  };
}
