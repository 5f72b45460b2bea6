import { createServer, memoryStore, type ServerOptions } from "agent-server";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "../../workspace/open-local.ts";

const KEY = "machine-key";

export interface MachineServer {
  /** A new folder; conversations work in its `project`. */
  readonly folder: string;
  /** Asks for a path with the key, unless the headers have one. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** GETs JSON with these values in the query. */
  get(
    path: string,
    query?: Record<string, string>,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
  /** Starts a conversation in a folder and gives its id. */
  start(workingDir: string): Promise<string>;
  /** Closes the server before the test ends. */
  close(): Promise<void>;
}

/** A server without a network whose machine is this one. Closed when the test ends. */
export async function openMachineServer(options: ServerOptions = {}): Promise<MachineServer> {
  const folder = await temporaryDirectory();
  const store = memoryStore();
  const conversationsPath = `${folder}/conversations`;
  const server = createServer({ apiKeys: [KEY], store, conversationsPath, logger: "silent", ...options });
  onTestFinished(() => server.close());
  const fetch: MachineServer["fetch"] = (path, init = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("X-Session-API-Key")) headers.set("X-Session-API-Key", KEY);
    return server.fetch(new Request(`http://localhost${path}`, { ...init, headers }));
  };
  return {
    folder,
    fetch,
    close: () => server.close(),
    async get(path, query = {}) {
      const search = new URLSearchParams(query).toString();
      const response = await fetch(`${path}?${search}`);
      return { status: response.status, body: await response.json(), headers: response.headers };
    },
    async start(workingDir) {
      const { info } = await server.conversations.create({
        agent: { kind: "Agent", llm: { model: "gpt-5" }, tools: [] },
        workspace: { working_dir: workingDir },
      });
      return info.id;
    },
  };
}
