import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type AgentServer,
  createServer,
  type FrameFeed,
  type LlmRequest,
  memoryStore,
  type ServerOptions,
  type Store,
} from "agent-server";
import { toNodeHandler } from "agent-server/node";
import { type ScriptedLlm, type Steps, scriptedLlm } from "agent-server/testing";
import { onTestFinished } from "vitest";

export const KEY = "the-key-of-clients";
export const SECRET_KEY = "the secret key of the cluster";
/** Path at which the nodes are mounted. */
export const MOUNT = "/agents";

/** A server of a cluster, with a port. */
export interface TestNode {
  readonly server: AgentServer;
  readonly address: string;
  readonly port: HttpServer;
  /** Sends a request with the key of clients. */
  call(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
}

/** Options of a node. `about` are those of the cluster, but for the address. */
export interface NodeOptions extends Partial<Omit<ServerOptions, "cluster">> {
  about?: Omit<NonNullable<ServerOptions["cluster"]>, "address">;
}

export interface TestCluster {
  readonly nodes: readonly [TestNode, TestNode, ...TestNode[]];
  readonly store: Store;
  readonly llm: ScriptedLlm;
  readonly folder: string;
  /** Starts a conversation at a node. Resolves with its id. */
  start(node: TestNode, request?: object): Promise<string>;
}

/** Starts nodes over one store, each with a port of its own. All ends with the test. */
export async function startCluster({
  count = 2,
  steps = [],
  store = memoryStore(),
  feed,
  options = {},
}: {
  count?: number;
  steps?: Steps<LlmRequest>;
  store?: Store;
  /** What carries frames, for each node. Default: the nodes themselves. */
  feed?: () => FrameFeed;
  options?: NodeOptions;
} = {}): Promise<TestCluster> {
  const folder = mkdtempSync(join(tmpdir(), "agent-server-cluster-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const llm = scriptedLlm(steps);
  const nodes: TestNode[] = [];
  for (let index = 0; index < count; index += 1) {
    nodes.push(await startNode({ store, folder, feed: feed?.(), createLlm: () => llm, ...options }));
  }
  return { nodes: nodes as [TestNode, TestNode, ...TestNode[]], store, llm, folder, start };

  async function start(node: TestNode, request: object = {}): Promise<string> {
    const answer = await node.post("/api/conversations", {
      autotitle: false,
      agent: { llm: { model: "scripted" }, tools: [] },
      workspace: { working_dir: join(folder, "project") },
      ...request,
    });
    const body = await jsonOf<{ id: string }>(answer);
    if (answer.status !== 201) throw new Error(JSON.stringify(body));
    return body.id;
  }
}

/** A port is opened first, so that the server knows its address. */
export async function startNode({
  folder,
  feed,
  about,
  ...options
}: NodeOptions & {
  folder: string;
  store: Store;
  feed?: FrameFeed | undefined;
}): Promise<TestNode> {
  const port = await openPort();
  const address = `http://127.0.0.1:${(port.address() as AddressInfo).port}${MOUNT}`;
  const server = createServer({
    apiKeys: [KEY],
    secretKey: SECRET_KEY,
    basePath: MOUNT,
    conversationsPath: join(folder, "conversations"),
    logger: "silent",
    cluster: { address, feed, ...about },
    ...options,
  });
  port.on("request", toNodeHandler(server));
  const detach = server.attach(port);
  onTestFinished(async () => {
    detach();
    port.closeAllConnections();
    port.close();
    await server.close();
  });
  const call = (path: string, init: RequestInit = {}) =>
    fetch(address + path, { ...init, headers: { "x-session-api-key": KEY, ...init.headers } });
  const post = (path: string, body?: unknown, headers: Record<string, string> = {}) =>
    call(path, {
      method: "POST",
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { server, address, port, call, post };
}

/** Reads an answer. */
export async function jsonOf<T = Record<string, unknown>>(answer: Response): Promise<T> {
  return (await answer.json()) as T;
}

/** A port without a server. */
export async function openPort(): Promise<HttpServer> {
  const port = createHttpServer();
  await new Promise<void>((resolve) => port.listen(0, "127.0.0.1", resolve));
  return port;
}

/** A request as a scripted peer has got it. */
export interface PeerRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A node that does what a test says, and the requests it got. */
export interface ScriptedPeer {
  readonly address: string;
  readonly port: HttpServer;
  readonly requests: PeerRequest[];
  /** Number of it in the ownership of the store. */
  readonly node: number;
  /** Takes a conversation. */
  claim(id: string): Promise<void>;
  /** Dies: its claims end, and its port closes. */
  die(): Promise<void>;
}

export type PeerScript = (outgoing: ServerResponse, request: PeerRequest) => void;

/** Joins a node that answers as scripted. Default: 200 and `{"from":"peer"}`. */
export async function startPeer(
  store: Store,
  script: PeerScript = (outgoing) => outgoing.end('{"from":"peer"}'),
): Promise<ScriptedPeer> {
  const port = await openPort();
  const address = `http://127.0.0.1:${(port.address() as AddressInfo).port}`;
  const requests: PeerRequest[] = [];
  port.on("request", async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // Nodes follow each other: that is of no account here.
    if (incoming.url === "/cluster/feed") return void outgoing.writeHead(404).end();
    const chunks: Buffer[] = [];
    incoming.on("error", () => undefined);
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = "", url: path = "", headers } = incoming;
    const request = { method, path, headers, body: Buffer.concat(chunks) };
    requests.push(request);
    script(outgoing, request);
  });
  const node = await store.ownership.join({ address });
  const close = () => {
    port.closeAllConnections();
    port.close();
  };
  onTestFinished(close);
  return {
    ...{ address, port, requests, node },
    async claim(id) {
      const outcome = await store.ownership.claim(node, id);
      if (!("fence" in outcome)) throw new Error(`${id} is held by another node`);
    },
    async die() {
      await store.ownership.leave(node);
      close();
    },
  };
}
