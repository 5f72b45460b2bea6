import { createHttpCore, type HttpCore } from "../../src/http/http-core.ts";
import { silentLogger } from "../../src/logger.ts";
import { conversationTreeRoutes } from "../../src/routes/conversation-tree.ts";
import { conversationVerbRoutes } from "../../src/routes/conversation-verbs.ts";
import { conversationRoutes } from "../../src/routes/conversations.ts";
import { eventRoutes } from "../../src/routes/events.ts";
import { conversationSocketRoutes } from "../../src/routes/sockets.ts";
import { type Bench, type BenchOptions, openManager } from "../conversations/open-manager.ts";
import { MemorySocket } from "../streams/memory-socket.ts";

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  body: any;
}

export interface HttpBench extends Bench {
  core: HttpCore;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** The accepted socket, or the status of the refusal. */
  connect(path: string): Promise<MemorySocket | number>;
  /** Starts a conversation and gives its id. */
  start(fields?: Record<string, unknown>): Promise<string>;
}

/** Conversations behind their routes, without a network. */
export function openHttp(options: BenchOptions = {}): HttpBench {
  const bench = openManager(options);
  const core = createHttpCore({
    routes: [
      ...conversationRoutes(bench.manager),
      ...conversationVerbRoutes(bench.manager),
      ...conversationTreeRoutes(bench.manager),
      ...eventRoutes(bench.manager),
    ],
    sockets: conversationSocketRoutes(bench.manager, { logger: silentLogger, maxLagBytes: 4 * 1024 * 1024 }),
    keys: [],
    keyless: "loopback",
    cors: { origins: [] },
    allowedHosts: [],
    logger: silentLogger,
    newId: () => crypto.randomUUID(),
    now: () => Date.now(),
    version: "1.0.0",
  });
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await core.fetch(toRequest(method, path, body));
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
  return {
    ...bench,
    core,
    call,
    async connect(path) {
      const request = new Request(`http://localhost${path}`, { headers: { upgrade: "websocket" } });
      const outcome = await core.upgrade(request);
      if (outcome instanceof Response) return outcome.status;
      const socket = new MemorySocket();
      outcome(socket);
      return socket;
    },
    async start(fields = {}) {
      const { body } = await call("POST", "/api/conversations", startBody(fields));
      return body.id;
    },
  };
}

export function startBody(fields: Record<string, unknown> = {}) {
  return {
    workspace: { working_dir: "/project" },
    agent: { llm: { model: "scripted" }, tools: [{ name: "echo" }] },
    // A title would take a step of the script.
    autotitle: false,
    ...fields,
  };
}

/** A GET with a body, which `Request` refuses to make and hosts hand over all the same. */
function toRequest(method: string, path: string, body: unknown): Request {
  const url = `http://localhost${path}`;
  if (body === undefined) return new Request(url, { method });
  const headers = { "content-type": "application/json" };
  const request = new Request(url, { method: "POST", headers, body: JSON.stringify(body) });
  return Object.defineProperty(request, "method", { value: method });
}
