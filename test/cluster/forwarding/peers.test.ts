import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import type { Ownership, Stage, Store } from "agent-server";
import { memoryStore } from "agent-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { silentLogger } from "../../../src/logger.ts";
import { jsonOf, KEY, type PeerScript, startCluster, startNode, startPeer } from "./nodes.ts";

const MARK = "x-agent-server-elsewhere";

/** A conversation that a scripted peer holds, and a node that is asked about it. */
async function withPeer(script?: PeerScript) {
  const { nodes, store, start } = await startCluster();
  const [first, node] = nodes;
  const id = await start(first);
  await first.server.conversations.unload();
  const peer = await startPeer(store, script);
  await peer.claim(id);
  return { store, node, id, peer };
}

describe("a node that holds a conversation and does not do its part", () => {
  it("hangs: once it counts as dead, what may be repeated is done here, and what may not is 502", async () => {
    const { node, id, peer } = await withPeer(() => undefined);
    const pause = node.post(`/api/conversations/${id}/pause`);
    const run = node.post(`/api/conversations/${id}/run`);
    await expect.poll(() => peer.requests.length).toBe(2);
    await peer.die();
    expect((await pause).status).toBe(200);
    const lost = await run;
    expect(lost.status).toBe(502);
    expect((await jsonOf(lost)).exception).toMatch(/was lost before it answered/);
  });

  it("hangs with its connections open: the store says that it is dead", async () => {
    const { store, node, id, peer } = await withPeer(() => undefined);
    const pause = node.post(`/api/conversations/${id}/pause`);
    await expect.poll(() => peer.requests.length).toBe(1);
    await store.ownership.leave(peer.node);
    expect((await pause).status).toBe(200);
    expect(node.server.conversations.liveCount).toBe(1);
  });

  it("dies in the middle of its answer: the client's connection breaks, so that a part is not taken for all", async () => {
    const { node, id } = await withPeer((outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/plain", "content-length": "1000" });
      outgoing.write("the beginning", () => outgoing.destroy());
    });
    const answer = await node.call(`/api/conversations/${id}/workspace/a.txt`);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it("says for ever that it does not hold it: 503 after six seconds, and the mark stays between the nodes", async () => {
    const { node, id, peer } = await withPeer((outgoing) => outgoing.writeHead(421, { [MARK]: "1" }).end());
    const answer = await node.post(`/api/conversations/${id}/pause`);
    expect([answer.status, answer.headers.get("retry-after"), answer.headers.get(MARK)]).toEqual([
      503,
      "1",
      null,
    ]);
    expect(peer.requests.length).toBeLessThanOrEqual(20);
    expect(peer.requests.length).toBeGreaterThan(3);
  });

  it("answers 421 of its own: that is the answer", async () => {
    const { node, id } = await withPeer((outgoing) => outgoing.writeHead(421).end("no"));
    const answer = await node.post(`/api/conversations/${id}/pause`);
    expect([answer.status, await answer.text()]).toEqual([421, "no"]);
  });

  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n"],
    ["a status that is none", "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"],
    ["another protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: odd\r\nconnection: upgrade\r\n\r\n"],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"x-filler: ".padEnd(1000, "x")}\r\n`.repeat(200)],
    ["nothing", ""],
  ])("speaks %s: 502", async (_name, words) => {
    const { nodes, store, start } = await startCluster();
    const id = await start(nodes[0]);
    await nodes[0].server.conversations.unload();
    const peer = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => socket.end(words));
    });
    await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void peer.close());
    const address = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
    await store.ownership.claim(await store.ownership.join({ address }), id);
    expect((await nodes[1].post(`/api/conversations/${id}/run`)).status).toBe(502);
  });

  it("is no longer waited for when the client has left", async () => {
    const left = Promise.withResolvers<void>();
    const { node, id, peer } = await withPeer((outgoing) => void outgoing.once("close", left.resolve));
    const leaving = new AbortController();
    const asked = node.call(`/api/conversations/${id}/git/changes?path=/`, { signal: leaving.signal });
    await expect.poll(() => peer.requests.length).toBe(1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await left.promise;
  });

  it("gets a long body only once it has said that it is the right node", async () => {
    const { node, id, peer } = await withPeer((outgoing) => outgoing.writeHead(421, { [MARK]: "1" }).end());
    const text = "x".repeat(3 * 1024 * 1024);
    const sent = node.post(`/api/conversations/${id}/events`, {
      role: "user",
      content: [{ type: "text", text }],
    });
    await expect.poll(() => peer.requests.length).toBeGreaterThan(1);
    await peer.die();
    expect((await sent).status).toBe(200);
    const paths = new Set(peer.requests.map(({ path, body }) => `${path} ${body.length}`));
    expect([...paths]).toEqual([`/cluster/conversations/${id}/hold 0`]);
    const [event] = await node.server.conversations.events
      .search(id, { kind: "MessageEvent" })
      .then(({ items }) => items);
    expect(JSON.stringify(event).length).toBeGreaterThan(text.length);
  });

  it("gets a long body whole, once, when it is the right node", async () => {
    const { node, id, peer } = await withPeer();
    const body = new Uint8Array(3 * 1024 * 1024).map((_, index) => index % 251);
    const answer = await node.call(`/api/conversations/${id}/file/upload?path=/a`, {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body,
    });
    expect(await answer.json()).toEqual({ from: "peer" });
    expect(peer.requests.map(({ body: { length } }) => length)).toEqual([0, body.length]);
    expect(Buffer.compare(peer.requests[1]?.body ?? Buffer.of(), body)).toBe(0);
  });
});

describe("a node whose clock is wrong", () => {
  it("reaches no other: clients get 503, and the log says by how much they differ", async () => {
    const { nodes, store, folder, start } = await startCluster();
    const id = await start(nodes[0]);
    await nodes[0].post(`/api/conversations/${id}/pause`);
    const warnings: object[] = [];
    const late = await startNode({
      ...{ store, folder },
      clock: { ...systemClock, now: () => systemClock.now() - 60_000 },
      logger: { ...silentLogger, warn: (fields) => void warnings.push(fields) },
    });
    const answer = await late.post(`/api/conversations/${id}/pause`);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    const reason = expect.stringMatching(/^it does not recognise this server .*; its clock is \d+ s ahead$/);
    expect(warnings).toContainEqual({ address: nodes[0].address, reason });
    expect((await late.call(`/api/conversations/${id}`)).status).toBe(200);
  });
});

describe("nodes and clients", () => {
  it("a client cannot pass for a node, nor use what is between nodes", async () => {
    const { node, id, peer } = await withPeer();
    const proof = { "x-agent-server-proof": `${Date.now()}.${"A".repeat(43)}` };
    const forged = await node.post(`/api/conversations/${id}/pause`, undefined, proof);
    expect([forged.status, peer.requests.length]).toEqual([403, 0]);
    for (const path of ["hold", "yield", "messages"]) {
      const answer = await node.post(`/cluster/conversations/${id}/${path}`, undefined, proof);
      expect([path, answer.status, (await node.post(`/cluster/conversations/${id}/${path}`)).status]).toEqual(
        [path, 403, 403],
      );
    }
    expect(Object.keys(node.server.openapi().paths ?? {}).filter((path) => path.includes("cluster"))).toEqual(
      [],
    );
  });

  it("a client's request arrives as it was sent, with a proof that no answer shows", async () => {
    const { node, id, peer } = await withPeer((outgoing) => {
      outgoing.writeHead(207, [
        ...["Set-Cookie", "a=1", "Set-Cookie", "b=2"],
        ...["X-Own", "yes", "Connection", "x-hop", "X-Hop", "1", "Content-Encoding", "gzip"],
      ]);
      outgoing.end("not gzip at all");
    });
    const path = `/api/conversations/${id}/workspace/a%2Fb/..%2fc?q=%20&r=a+b`;
    const { request } = await import("node:http");
    const { hostname, port, pathname } = new URL(node.address);
    const answer = await new Promise<{ status: number; headers: string[]; body: string }>(
      (resolve, reject) => {
        const asked = request({
          ...{ hostname, port, path: pathname + path, agent: false },
          headers: {
            ...{
              "x-session-api-key": KEY,
              cookie: "x=1; y=2",
              "accept-encoding": "br",
              host: "app.example:1",
            },
            ...{ connection: "close, x-of-the-hop", "x-of-the-hop": "1", te: "trailers" },
          },
        });
        asked.once("error", reject);
        asked.once("response", async (incoming) => {
          const chunks: Buffer[] = [];
          for await (const chunk of incoming) chunks.push(chunk);
          const { statusCode: status = 0, rawHeaders: headers } = incoming;
          resolve({ status, headers, body: Buffer.concat(chunks).toString() });
        });
        asked.end();
      },
    );
    expect([answer.status, answer.body]).toEqual([207, "not gzip at all"]);
    const names = answer.headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
    expect(names.filter((name) => name === "set-cookie")).toHaveLength(2);
    expect(names).toEqual(expect.arrayContaining(["x-own", "content-encoding"]));
    expect(names.filter((name) => name === "x-hop" || name.includes("proof"))).toEqual([]);
    const [passed] = peer.requests;
    expect(passed?.path).toBe(path);
    expect(passed?.headers).toMatchObject({
      cookie: "x=1; y=2",
      "accept-encoding": "br",
      host: "app.example:1",
    });
    expect(passed?.headers["x-agent-server-proof"]).toMatch(/^\d+\.[\w-]{43}$/);
    expect([passed?.headers["x-of-the-hop"], passed?.headers.te]).toEqual([undefined, undefined]);
  });

  it("two nodes that each take the other for the owner end with 503, and pass nothing on twice", async () => {
    const store = memoryStore();
    const { nodes, folder, start } = await startCluster({ store });
    const id = await start(nodes[0]);
    await nodes[0].server.conversations.unload();
    const addresses: string[] = [];
    const seenBy = [0, 0];
    const lying = (index: number) => ({
      folder,
      store: withOwner(store, () => addresses[1 - index] ?? ""),
      stages: [
        (async (_request, next, { pathname }) => {
          if (pathname !== "/cluster/feed") seenBy[index] = (seenBy[index] ?? 0) + 1;
          return next();
        }) satisfies Stage,
      ],
    });
    const [a, b] = [await startNode(lying(0)), await startNode(lying(1))];
    addresses.push(a.address, b.address);
    const answer = await a.post(`/api/conversations/${id}/pause`);
    expect([answer.status, seenBy[0]]).toEqual([503, 1]);
    expect(seenBy[1]).toBeLessThanOrEqual(20);
  });
});

/** A store that names the node at this address as the owner of everything. */
function withOwner(store: Store, address: () => string): Store {
  const { ownership } = store;
  const lying: Ownership = {
    join: (options) => ownership.join(options),
    claim: (node, id) => ownership.claim(node, id),
    release: (id, fence) => ownership.release(id, fence),
    ownerOf: async () => ({ node: 1_000_000, address: address() }),
    adopt: (node, limit) => ownership.adopt(node, limit),
    nodes: async () => [{ node: 1_000_000 }],
    isHeld: (node) => ownership.isHeld(node),
    leave: (node) => ownership.leave(node),
  };
  const { conversations, events, bashEvents, documents, outbox, relay } = store;
  return {
    ...{ conversations, events, bashEvents, documents, outbox, relay, ownership: lying },
    commit: (change) => store.commit(change),
    remove: (id) => store.remove(id),
    close: async () => undefined,
  };
}
