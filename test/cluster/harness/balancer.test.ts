import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { type Balancer, openBalancer } from "./balancer.ts";
import { openLink } from "./link.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A node that is ready, and answers everything else so. */
async function node(answer: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) =>
    request.url === "/ready" ? response.end() : answer(request, response),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function balancerOf(urls: readonly string[]): Promise<Balancer> {
  const balancer = await openBalancer({ look: 50, patience: 5_000 });
  closing.push(balancer.close);
  balancer.use(urls);
  return balancer;
}

const echo =
  (name: string): RequestListener =>
  (request, response) => {
    request.pipe(response.writeHead(200, { node: name }));
  };

it("nodes take turns, and get the request as it is", async () => {
  const { url } = await balancerOf([(await node(echo("a"))).url, (await node(echo("b"))).url]);
  const names: (string | null)[] = [];
  for (const body of ["one", "two", "three", "four"]) {
    const answer = await fetch(url, { method: "POST", body });
    expect(await answer.text()).toBe(body);
    names.push(answer.headers.get("node"));
  }
  expect(names[0]).not.toBe(names[1]);
  expect(names.slice(2)).toEqual(names.slice(0, 2));
});

it("a request that a node refuses, or that does not reach it, is served by another", async () => {
  let refused = 0;
  const busy = await node((_request, response) => {
    refused += 1;
    response.writeHead(503, { "retry-after": "0" }).end();
  });
  const gone = await node(echo("gone"));
  const { url } = await balancerOf([busy.url, gone.url, (await node(echo("whole"))).url]);
  gone.server.close();
  gone.server.closeAllConnections();
  for (let count = 0; count < 6; count += 1) {
    const answer = await fetch(url, { method: "POST", body: "again" });
    expect([answer.status, answer.headers.get("node"), await answer.text()]).toEqual([200, "whole", "again"]);
  }
  expect(refused).toBeGreaterThan(0);
});

it("a request that may have been carried out is not sent again, unless it only reads", async () => {
  let asked = 0;
  const breaking = await node((request) => {
    asked += 1;
    request.socket.destroy();
  });
  const alone = await balancerOf([breaking.url]);
  expect((await fetch(alone.url, { method: "POST", body: "once" })).status).toBe(502);
  expect(asked).toBe(1);
  const both = await balancerOf([breaking.url, (await node(echo("whole"))).url]);
  for (let count = 0; count < 4; count += 1) expect((await fetch(both.url)).status).toBe(200);
});

it("a refusal without Retry-After is an answer", async () => {
  const refusing = await node((_request, response) => response.writeHead(503).end("no"));
  const { url } = await balancerOf([refusing.url]);
  expect((await fetch(url)).status).toBe(503);
});

it("sockets reach a node and end with it", async () => {
  const { url: address, server } = await node(echo("a"));
  const sockets = new WebSocketServer({ server });
  closing.push(() => sockets.close());
  sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(`heard ${data}`)));
  const { url } = await balancerOf([address]);
  const socket = new WebSocket(url.replace("http", "ws"));
  await once(socket, "open");
  socket.send("hello");
  const [{ data }] = (await once(socket, "message")) as [MessageEvent];
  expect(data).toBe("heard hello");
  const closed = once(socket, "close");
  for (const client of sockets.clients) client.terminate();
  await closed;
});

it("a frozen link holds back what it is given until it is mended, and one that is cut breaks", async () => {
  const { url } = await node(echo("a"));
  const link = await openLink(Number(new URL(url).port));
  closing.push(link.close);
  const through = `http://127.0.0.1:${link.port}`;
  expect((await fetch(through)).status).toBe(200);
  link.freeze();
  let answered = false;
  const waiting = fetch(through, { method: "POST", body: "held" }).then((answer) => {
    answered = true;
    return answer.text();
  });
  expect((await fetch(url)).status).toBe(200);
  expect(answered).toBe(false);
  link.mend();
  expect(await waiting).toBe("held");
  link.cut();
  await expect(fetch(through)).rejects.toThrow();
  link.mend();
  expect((await fetch(through)).status).toBe(200);
});
