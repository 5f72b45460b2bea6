// A server whose agents each work in a container. Run it with:  npm run example examples/14-containers.ts
import { resolve } from "node:path";
import { type ContainerOptions, containerWorkspace, createServer, type ServerOptions } from "agent-server";

/** Whatever agents do, they do in a container of their conversation: its files lie in `root`, nothing else is there. */
const CONTAINERS: ContainerOptions = {
  engine: "podman",
  // Once: podman pull docker.io/library/node:24
  image: process.env.IMAGE ?? "docker.io/library/node:24",
  root: resolve("workspace/projects"),
  network: "none",
  limits: { memoryBytes: 2 * 1024 ** 3, cpus: 1, processes: 256 },
  // What the start request of a conversation may ask for instead, in its `container`.
  requestLimits: { memoryBytes: 4 * 1024 ** 3, cpus: 2 },
};

export function buildServer(options: ServerOptions = {}, containers: Partial<ContainerOptions> = {}) {
  // Throws where the engine or the image is missing, so that no agent ever runs without them.
  const workspace = containerWorkspace({ ...CONTAINERS, ...containers });
  return createServer({ apiKeys: ["my-key"], workspace, ...options });
}

if (process.argv[1] === import.meta.filename) {
  const server = buildServer();
  const { url } = await server.listen(Number(process.env.PORT ?? 8000));
  console.log(`${url}: agents in containers, which end with the server`);
  process.once("SIGINT", () => void server.close());
}
