import { onTestFinished } from "vitest";
import { IMAGE, podman, RUN_OPTIONS, tryPodman } from "./podman.ts";

export const KEY = "key-of-the-image";

/** Rights of a careful operator: a root that nothing changes, no capabilities, no way to more. */
export const CAREFUL = [
  ...["--read-only", "--read-only-tmpfs=false", "--tmpfs", "/tmp"],
  ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
];

export interface ContainerOptions {
  /** Options of podman's `run`. */
  options?: string[];
  /** Arguments of the command. */
  parameters?: string[];
  /** Port inside. */
  port?: number;
}

/** The image as a server, until the test ends. */
export async function startContainer({
  options = CAREFUL,
  parameters = [],
  port = 8000,
}: ContainerOptions = {}) {
  const id = podman(
    ...["run", "--detach", ...RUN_OPTIONS, ...options, "--publish", `127.0.0.1::${port}`],
    ...["--env", `OH_SESSION_API_KEYS_0=${KEY}`, "--env", "OH_SECRET_KEY=secret of the image"],
    ...[IMAGE, ...parameters],
  );
  onTestFinished(() => void tryPodman("rm", "--force", "--time", "0", id));
  const url = `http://${podman("port", id, String(port))}`;
  const container = {
    id,
    url,
    logs: () => {
      const { stdout, stderr } = tryPodman("logs", id);
      return stdout + stderr;
    },
    /** Runs a program inside, as the user of the server. */
    inside: (...argv: string[]) => podman("exec", id, ...argv),
    /** Sends SIGTERM, waits, and gives the exit code. */
    stop: (): number => {
      podman("stop", "--time", "60", id);
      return Number(podman("inspect", "--format", "{{.State.ExitCode}}", id));
    },
    async ask(path: string, body?: object): Promise<unknown> {
      const response = await fetch(url + path, {
        headers: { "X-Session-API-Key": KEY, "Content-Type": "application/json" },
        ...(body && { method: "POST", body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
  };
  await untilHealthy(container);
  return container;
}

export type Container = Awaited<ReturnType<typeof startContainer>>;

async function untilHealthy({ id, url, logs }: { id: string; url: string; logs(): string }): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok) return;
    if (podman("inspect", "--format", "{{.State.Running}}", id) !== "true") break;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`the container did not start:\n${logs()}`);
}
