import { createServer, type IncomingMessage } from "node:http";
import { connect as connectTcp } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentServer } from "agent-server";
import { agentServer } from "agent-server/express";
import { agentServer as fastifyServer } from "agent-server/fastify";
import { agentServer as koaServer } from "agent-server/koa";
import { attachWebSockets, listen, toNodeHandler } from "agent-server/node";
import express from "express";
import fastify from "fastify";
import Koa from "koa";
import request from "supertest";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocketServer } from "ws";
import { connect, send, start } from "./client.ts";
import { open, type RunningHost, serveListener } from "./hosts.ts";
import { createProbeServer, KEYS } from "./probe-server.ts";

const SOCKET = `/sockets/echo/a?session_api_key=${KEYS[0]}`;

const running: RunningHost[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ close }) => close()));
});

async function host(starting: Promise<RunningHost>): Promise<RunningHost> {
  const started = await starting;
  running.push(started);
  return started;
}

function appWith(server: AgentServer, ...before: express.RequestHandler[]) {
  const app = express();
  for (const handler of before) app.use(handler);
  app.use("/agents", agentServer(server));
  return app;
}

describe("in somebody else's app", () => {
  it("hands out the server it serves", () => {
    const { server } = createProbeServer();
    expect(agentServer(server).server).toBe(server);
    expect(fastifyServer(server).server).toBe(server);
  });

  it("puts two servers into one process, each with its own requests and sockets", async () => {
    const first = createProbeServer();
    const second = createProbeServer();
    const app = express().use("/one", agentServer(first.server)).use("/two", agentServer(second.server));
    const { url } = await host(serveListener(app));
    await connect(`${url}/one${SOCKET}`);
    await connect(`${url}/two${SOCKET}`);
    await connect(`${url}/two${SOCKET}`);
    expect([first.seen.sockets.size, second.seen.sockets.size]).toEqual([1, 2]);
  });

  it("lets the app's own checks guard sockets as they guard requests", async () => {
    const { server } = createProbeServer();
    const app = appWith(server, (incoming, outgoing, next) => {
      if (incoming.headers.cookie === "login=yes") next();
      else outgoing.status(402).end();
    });
    const { url } = await host(serveListener(app));
    await expect(connect(`${url}/agents${SOCKET}`)).rejects.toThrow("refused with 402");
    await connect(`${url}/agents${SOCKET}`, { headers: { Cookie: "login=yes" } });
  });

  it("takes the first upgrade after middleware that waits", async () => {
    const { server } = createProbeServer();
    const app = appWith(server, async (_incoming, _outgoing, next) => {
      await delay(30);
      next();
    });
    const { url } = await host(serveListener(app));
    const { next } = await connect(`${url}/agents${SOCKET}`, { eager: ["at once"] });
    expect([await next(), await next()]).toEqual(["welcome to /sockets/echo/a", "at once"]);
  });

  it("keeps sockets through the host's own timeouts and sweeps of idle connections", async () => {
    const { server } = createProbeServer();
    const httpServer = createServer(
      { headersTimeout: 50, requestTimeout: 50, keepAliveTimeout: 50, connectionsCheckingInterval: 20 },
      appWith(server),
    );
    httpServer.timeout = 80;
    const { url } = await host(open(httpServer));
    const { webSocket, next } = await connect(`${url}/agents${SOCKET}`);
    await next();
    await delay(200);
    httpServer.closeIdleConnections();
    webSocket.send("still here");
    expect(await next()).toBe("still here");
  });

  it("survives clients that leave, or speak too early, in the middle of an upgrade", async () => {
    const { server } = createProbeServer();
    const { url } = await host(
      serveListener(appWith(server, (_incoming, _outgoing, next) => setTimeout(next, 5))),
    );
    const head = [
      `GET /agents${SOCKET} HTTP/1.1`,
      "Host: localhost",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "",
      "",
    ].join("\r\n");
    const port = Number(new URL(url).port);
    const leave = Array.from({ length: 20 }, async (_, at) => {
      const tcp = connectTcp(port, "127.0.0.1");
      tcp.on("error", () => {});
      tcp.write(at % 2 === 0 ? head : `${head}\x81\x80\0\0\0\0`);
      await delay(at);
      tcp.destroy();
    });
    await Promise.all(leave);
    const { next } = await connect(`${url}/agents${SOCKET}`);
    expect(await next()).toBe("welcome to /sockets/echo/a");
  });

  it("answers clients that offer HTTP/2 by an upgrade as if they had not", async () => {
    const { server } = createProbeServer();
    const headers = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABk" };
    const { url, httpServer } = await host(serveListener(appWith(server)));
    expect((await send(`${url}/agents/probe/where`, { headers })).status).toBe(200);
    if (httpServer !== undefined) attachWebSockets(httpServer, server, { basePath: "/agents" });
    expect((await send(`${url}/agents/probe/where`, { headers })).status).toBe(200);
  });

  it("stays open between the short-lived hosts of a test client", async () => {
    const { server, seen } = createProbeServer();
    const app = appWith(server);
    await request(app).get("/agents/probe/where").expect(200);
    await request(app)
      .post("/agents/probe/echo")
      .send({ a: 1 })
      .expect(200, { body: { a: 1 } });
    expect(seen.closed).toBe(false);
  });

  it("ends with the last of several hosts", async () => {
    const { server, seen } = createProbeServer();
    const app = appWith(server);
    const [first, second] = [await serveListener(app), await serveListener(app)];
    for (const { url } of [first, first, second, second]) await send(`${url}/agents/probe/where`);
    await first.close();
    expect(seen.closed).toBe(false);
    await second.close();
    expect(seen.closed).toBe(true);
  });
});

describe("below a base path that the host does not cut off", () => {
  const paths = ["/", "/probe/where", "/agents", "/agents/probe/where"];
  const ask = async (url: string) =>
    Promise.all(paths.map(async (path) => (await send(url + path)).text.includes("the host's")));

  it.each([
    {
      name: "Koa",
      start: (server: AgentServer) => {
        const app = new Koa().use(koaServer(server)).use((context) => {
          context.body = "the host's";
        });
        return serveListener(app.callback());
      },
    },
    {
      name: "Express",
      start: (server: AgentServer) => {
        const app = express().use(agentServer(server));
        app.use((_incoming, outgoing) => void outgoing.send("the host's"));
        return serveListener(app);
      },
    },
    {
      name: "Fastify",
      start: async (server: AgentServer): Promise<RunningHost> => {
        const app = fastify();
        app.setNotFoundHandler(async () => "the host's");
        app.register(fastifyServer(server));
        const origin = await app.listen({ port: 0, host: "127.0.0.1" });
        return { url: origin, origin, httpServer: app.server, close: () => app.close() };
      },
    },
  ])("$name keeps its own pages, and serves ours and our sockets below it", async ({ start }) => {
    const { server } = createProbeServer({ basePath: "/agents" });
    const { url } = await host(start(server));
    expect(await ask(url)).toEqual([true, true, false, false]);
    const { next } = await connect(`${url}/agents${SOCKET}`);
    expect(await next()).toBe("welcome to /agents/sockets/echo/a");
    await expect(connect(url + SOCKET)).rejects.toThrow("refused with");
  });
});

describe("beside other users of sockets", () => {
  async function withOther(server: AgentServer, path = "/chat") {
    const httpServer = createServer(appWith(server));
    const others = new WebSocketServer({ server: httpServer, path });
    others.on("connection", (webSocket) => webSocket.send("chat"));
    return { httpServer, others, ...(await host(open(httpServer))) };
  }

  it("is found by the first request, and leaves the others theirs", async () => {
    const { server } = createProbeServer();
    const { url, others } = await withOther(server);
    await send(`${url}/agents/probe/where`);
    const ours = await connect(`${url}/agents${SOCKET}`);
    const theirs = await connect(`${url}/chat`);
    expect([await ours.next(), await theirs.next()]).toEqual(["welcome to /sockets/echo/a", "chat"]);
    await expect(connect(`${url}/agents/sockets/echo/a?session_api_key=no`)).rejects.toThrow(
      "refused with 403",
    );
    for (const client of others.clients) client.terminate();
  });

  it("leaves them the paths of our sockets outside the base path", async () => {
    const { server } = createProbeServer({ basePath: "/agents" });
    const httpServer = createServer(new Koa().use(koaServer(server)).callback());
    const others = new WebSocketServer({ server: httpServer, path: "/sockets/echo/a" });
    others.on("connection", (webSocket) => webSocket.send("theirs"));
    const { url } = await host(open(httpServer));
    await send(`${url}/agents/probe/where`);
    expect(await (await connect(url + SOCKET)).next()).toBe("theirs");
    expect(await (await connect(`${url}/agents${SOCKET}`)).next()).toContain("welcome");
    for (const client of others.clients) client.terminate();
  });

  it("still sends its sockets through the app's own checks", async () => {
    const { server } = createProbeServer();
    const httpServer = createServer(
      appWith(server, (incoming, outgoing, next) => {
        if (incoming.headers.upgrade === undefined) next();
        else outgoing.status(402).end();
      }),
    );
    new WebSocketServer({ server: httpServer, path: "/chat" });
    const { url } = await host(open(httpServer));
    await send(`${url}/agents/probe/where`);
    await expect(connect(`${url}/agents${SOCKET}`)).rejects.toThrow("refused with 402");
  });

  it("works from the first upgrade where it is attached by hand, and lets go", async () => {
    const { server } = createProbeServer();
    const { url, httpServer, others } = await withOther(server);
    const detach = attachWebSockets(httpServer, server, { basePath: "/agents/" });
    const { next } = await connect(`${url}/agents${SOCKET}`);
    expect(await next()).toBe("welcome to /sockets/echo/a");
    detach();
    await expect(connect(`${url}/agents${SOCKET}`)).rejects.toThrow("refused with 400");
    for (const client of others.clients) client.terminate();
  });

  it("refuses what nobody wants where nobody else listens", async () => {
    const { server } = createProbeServer();
    const httpServer = createServer(toNodeHandler(server));
    attachWebSockets(httpServer, server, { basePath: "/agents" });
    const { url } = await host(open(httpServer));
    await expect(connect(`${url}/elsewhere`)).rejects.toThrow("refused with 403");
    await expect(connect(`${url}/agentsmith${SOCKET}`)).rejects.toThrow("refused with 403");
  });
});

describe("a server of its own", () => {
  it("says which port is taken and what to do", async () => {
    const { server } = createProbeServer();
    const first = await listen(server, { port: 0 });
    await expect(listen(server, { port: first.port })).rejects.toThrow(
      `Port ${first.port} on 127.0.0.1 is in use. Choose another with --port`,
    );
    await first.close();
  });

  it("lets an answer that is on its way finish", async () => {
    const { server, seen } = createProbeServer();
    const { url, close } = await listen(server, { port: 0 });
    const request = start(`${url}/probe/stream`).end();
    const response = await new Promise<IncomingMessage>((resolve) => request.on("response", resolve));
    const closing = close();
    seen.release();
    expect(Buffer.concat(await response.toArray()).toString()).toBe("early late");
    await closing;
    await expect(send(`${url}/probe/where`)).rejects.toThrow("ECONNREFUSED");
  });

  it("cuts peers that answer no ping", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const { server } = createProbeServer();
      const { url, close } = await listen(server, { port: 0 });
      const healthy = await connect(url + SOCKET);
      const dead = await connect(url + SOCKET, { autoPong: false });
      const pinged = new Promise((resolve) => healthy.webSocket.once("ping", resolve));
      vi.advanceTimersByTime(25_000);
      await pinged;
      // The echo comes behind the pong.
      await healthy.next();
      healthy.webSocket.send("after the pong");
      expect(await healthy.next()).toBe("after the pong");
      vi.advanceTimersByTime(25_000);
      expect((await dead.closed).code).toBe(1006);
      expect(healthy.webSocket.readyState).toBe(healthy.webSocket.OPEN);
      vi.useRealTimers();
      await close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("closes a peer that sends a message beyond the bound with 1009", async () => {
    const { server } = createProbeServer();
    const { url, close } = await listen(server, { port: 0 });
    const { webSocket, closed } = await connect(url + SOCKET);
    webSocket.send("x".repeat(17 * 1024 * 1024));
    expect((await closed).code).toBe(1009);
    await close();
  });
});

describe("Fastify", () => {
  it("leaves the host its own routes, parsers and not-found answer", async () => {
    const { server } = createProbeServer();
    const app = fastify();
    app.post("/own", async ({ body }) => ({ own: body }));
    await app.register(fastifyServer(server));
    const own = await app.inject({ method: "POST", url: "/own", payload: { a: 1 } });
    const unknown = await app.inject({ method: "GET", url: "/unknown" });
    const ours = await app.inject({ method: "POST", url: "/probe/echo", payload: { b: 2 } });
    expect([own.json(), unknown.statusCode, unknown.json().error, ours.json()]).toEqual([
      { own: { a: 1 } },
      404,
      "Not Found",
      { body: { b: 2 } },
    ]);
    await app.close();
  });
});
