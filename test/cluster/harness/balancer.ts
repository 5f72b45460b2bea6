import { once } from "node:events";
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A load balancer as clusters have one: round robin over the nodes that say they are ready. */
export interface Balancer {
  url: string;
  /** Tells which nodes there are, by their addresses. */
  use(urls: readonly string[]): void;
  /** Why requests were answered with 502, in words. */
  readonly broken: readonly string[];
  close(): Promise<void>;
}

export interface BalancerOptions {
  /** Milliseconds between two looks at `/ready` of each node. Default: 250. */
  look?: number;
  /** Milliseconds for which a request is tried again at other nodes. Default: 30,000. */
  patience?: number;
  /** Looks in a row without an answer after which a node loses the requests that wait for it. Default: 5. */
  silentLooks?: number;
}

/** What a node answered in place of serving the request. */
class Refusal extends Error {
  readonly wait: number;

  constructor(wait: number) {
    super("the node did not take the request");
    this.wait = wait;
  }
}

/**
 * Starts one. It tries a request again, at the next node, if the node could not be reached, or answered 503 with
 * Retry-After. A request that may have been carried out before its node broke off is answered with 502, unless it is
 * a GET. A node that does not answer `/ready` gets no new requests, and in the end loses those that wait for it.
 */
export async function openBalancer({
  look = 250,
  patience = 30_000,
  silentLooks = 5,
}: BalancerOptions = {}): Promise<Balancer> {
  let nodes: readonly string[] = [];
  const broken: string[] = [];
  const ill = new Set<string>();
  /** Looks in a row that got no answer. */
  const silent = new Map<string, number>();
  const pending = new Map<ClientRequest, string>();
  const pipes = new Set<Socket>();
  let turn = 0;

  function next(tried: ReadonlySet<string>): string | undefined {
    const candidates = nodes.filter((node) => !ill.has(node) && !tried.has(node));
    turn += 1;
    return candidates[turn % candidates.length];
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming);
    const deadline = Date.now() + patience;
    const tried = new Set<string>();
    for (;;) {
      const node = next(tried);
      if (node === undefined) {
        tried.clear();
        if (Date.now() > deadline) return void response.writeHead(503, { "retry-after": "1" }).end();
        await sleep(100);
        continue;
      }
      tried.add(node);
      try {
        return await pass(node, { incoming, body, response });
      } catch (error) {
        if (response.headersSent) return void response.destroy();
        if (!(error instanceof Refusal) && incoming.method !== "GET") {
          broken.push(`${node}: ${String(error)}${ill.has(node) ? ", not ready" : ""}`);
          return void response.writeHead(502).end("the node broke off");
        }
        if (error instanceof Refusal) await sleep(Math.min(error.wait, 500));
      }
    }
  }

  async function pass(
    node: string,
    { incoming, body, response }: { incoming: IncomingMessage; body: Buffer; response: ServerResponse },
  ): Promise<void> {
    const { method, headers, url } = incoming;
    const outgoing = request(`${node}${url}`, { method, headers, agent: false });
    pending.set(outgoing, node);
    response.once("close", () => outgoing.destroy());
    outgoing.end(body);
    try {
      const [answer] = (await once(outgoing, "response").catch((error: NodeJS.ErrnoException) => {
        throw error.code === "ECONNREFUSED" ? new Refusal(0) : error;
      })) as [IncomingMessage];
      const retryAfter = answer.headers["retry-after"];
      if (answer.statusCode === 503 && retryAfter !== undefined) {
        answer.resume();
        throw new Refusal(Number(retryAfter ?? 0) * 1_000);
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      await once(answer, "end");
    } finally {
      pending.delete(outgoing);
    }
  }

  /** A socket goes to one node and ends with it; its client connects again. */
  function upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const node = next(new Set());
    if (node === undefined)
      return void socket.end("HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\r\n");
    const far = connect(Number(new URL(node).port), "127.0.0.1");
    for (const end of [socket, far]) pipes.add(end);
    const headers = Array.from({ length: incoming.rawHeaders.length / 2 }, (_, index) =>
      incoming.rawHeaders.slice(2 * index, 2 * index + 2).join(": "),
    );
    far.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
    far.write(head);
    far.pipe(socket).pipe(far);
    far.on("error", () => socket.destroy());
    for (const [end, other] of [
      [socket, far],
      [far, socket],
    ] as const) {
      end.on("close", () => {
        pipes.delete(end);
        // With what it still has to send, such as a refusal.
        other.destroySoon();
      });
    }
  }

  async function lookAt(node: string): Promise<void> {
    const answer = await fetch(`${node}/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    await answer?.body?.cancel();
    if (answer?.status === 200) ill.delete(node);
    else ill.add(node);
    // A node that drains still answers what it has taken.
    silent.set(node, answer === undefined ? (silent.get(node) ?? 0) + 1 : 0);
    if ((silent.get(node) ?? 0) < silentLooks) return;
    const silence = new Error("it does not answer /ready");
    for (const [outgoing, its] of pending) if (its === node) outgoing.destroy(silence);
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch(() => response.destroy());
  });
  server.on("upgrade", upgrade);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const closing = new AbortController();
  const looking = (async () => {
    while (!closing.signal.aborted) {
      await Promise.all(nodes.map(lookAt));
      await sleep(look, undefined, { signal: closing.signal }).catch(() => {});
    }
  })();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    broken,
    use: (urls) => {
      nodes = urls;
    },
    close: async () => {
      closing.abort();
      for (const pipe of pipes) pipe.destroy();
      for (const outgoing of pending.keys()) outgoing.destroy();
      server.close();
      server.closeAllConnections();
      await looking;
    },
  };
}

async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
