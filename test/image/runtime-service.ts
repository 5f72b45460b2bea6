import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { podman, RUN_OPTIONS, tryPodman } from "./podman.ts";

export const RUNTIME_KEY = "key-of-the-runtime-service";

/** What a client asks a runtime for. */
interface StartRequest {
  image: string;
  command: string;
  working_dir: string;
  environment: Record<string, string>;
  session_id: string;
  run_as_user: number;
}

interface Runtime {
  runtime_id: string;
  session_id: string;
  url: string;
  session_api_key: string;
  status: "running" | "paused";
}

/** The port in the command that clients have a runtime started with. */
const PORT = 60_000;

/**
 * Stands for the service that OpenHands starts runtimes with, with containers of podman as its pods. A paused runtime
 * has no processes, and keeps its files.
 */
export async function startRuntimeService() {
  const runtimes = new Map<string, Runtime>();
  const server = createServer((request, response) => {
    answer(request).then(
      (body) => send(response, body === undefined ? 404 : 200, body ?? { detail: "not found" }),
      (error: unknown) => send(response, 500, { detail: String(error) }),
    );
  });

  async function answer(request: IncomingMessage): Promise<object | undefined> {
    if (request.headers["x-api-key"] !== RUNTIME_KEY) throw new Error("the key of the service is wrong");
    const url = request.url ?? "";
    const session = /^\/sessions\/(.+)$/.exec(url)?.[1];
    if (request.method === "GET") return session === undefined ? undefined : describe(runtimes.get(session));
    const body = (await json(request)) as StartRequest & { runtime_id: string };
    if (url === "/start") return describe(start(body));
    const runtime = [...runtimes.values()].find(({ runtime_id: id }) => id === body.runtime_id);
    if (runtime === undefined) return undefined;
    if (url === "/stop") remove(runtime);
    if (url === "/pause") pause(runtime);
    if (url === "/resume") resume(runtime);
    return {};
  }

  function start({
    image,
    command,
    working_dir,
    environment,
    session_id,
    run_as_user,
  }: StartRequest): Runtime {
    const session_api_key = crypto.randomUUID();
    const variables = { ...environment, OH_SESSION_API_KEYS_0: session_api_key };
    const [program = "", ...parameters] = command.split(" ");
    const runtime_id = podman(
      ...["run", "--detach", ...RUN_OPTIONS, "--cap-drop", "ALL", "--user", String(run_as_user)],
      ...["--workdir", working_dir, "--publish", `127.0.0.1::${PORT}`, "--entrypoint", program],
      ...Object.entries(variables).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
      ...[image, ...parameters],
    );
    const url = `http://${podman("port", runtime_id, String(PORT))}`;
    const runtime: Runtime = { runtime_id, session_id, url, session_api_key, status: "running" };
    runtimes.set(session_id, runtime);
    return runtime;
  }

  function remove({ runtime_id, session_id }: Runtime): void {
    tryPodman("rm", "--force", "--volumes", "--time", "30", runtime_id);
    runtimes.delete(session_id);
  }

  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Runtimes that no client has stopped. */
    left: () => [...runtimes.keys()],
    [Symbol.asyncDispose]: async () => {
      for (const runtime of [...runtimes.values()]) remove(runtime);
      server.close();
      server.closeAllConnections();
    },
  };
}

function pause(runtime: Runtime): void {
  podman("stop", "--time", "30", runtime.runtime_id);
  runtime.status = "paused";
}

function resume(runtime: Runtime): void {
  podman("start", runtime.runtime_id);
  runtime.status = "running";
}

function describe(runtime: Runtime | undefined): object | undefined {
  if (runtime === undefined) return undefined;
  const pod = podman("inspect", "--format", "{{.State.Status}}", runtime.runtime_id);
  return { ...runtime, pod_status: pod === "running" ? "ready" : "pending", restart_count: 0 };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
