import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { AgentServer } from "agent-server";
import { agentServer as expressServer } from "agent-server/express";
import { agentServer as fastifyServer } from "agent-server/fastify";
import { agentServer as koaServer } from "agent-server/koa";
import { attachWebSockets, listen, toNodeHandler } from "agent-server/node";
import express5 from "express";
import express4 from "express4";
import fastify from "fastify";
import Koa3 from "koa";
import Koa2 from "koa2";

export interface RunningHost {
  /** Address below which the server is reached, mount path included. */
  url: string;
  /** The host's own address. */
  origin: string;
  httpServer?: Server;
  /** Closes the host the way its users do. */
  close(): Promise<unknown>;
}

export interface Host {
  name: string;
  /** The host answers what is not ours with this. Absent: it has nothing of its own. */
  notFound?: string;
  secure?: boolean;
  /** Listens on any free port of an address. Default: 127.0.0.1. */
  start(server: AgentServer, address?: string): Promise<RunningHost>;
}

const HOST_404 = "the host knows no such page";
const PREFIX = "/agents";

export const HOSTS: Host[] = [
  {
    name: "listen",
    async start(server, address) {
      const { url, close } = await listen(server, { port: 0, host: address ?? "127.0.0.1" });
      return { url, origin: url, close };
    },
  },
  { name: "node:http", start: (server, address) => serveListener(toNodeHandler(server), { address }) },
  {
    name: "node:http, attached",
    async start(server, address) {
      const httpServer = createServer(toNodeHandler(server));
      attachWebSockets(httpServer, server);
      return open(httpServer, { address });
    },
  },
  ...[
    { version: "Express 5", express: express5 },
    { version: "Express 4", express: express4 },
  ].flatMap(({ version, express }) =>
    variants("express.json()").map(
      ({ suffix, prefix, parsed }): Host => ({
        name: `${version}${suffix}`,
        notFound: HOST_404,
        start(server, address) {
          const app = express();
          if (parsed) app.use(express.json({ limit: "64mb" }));
          app.use(prefix === "" ? "/" : prefix, expressServer(server));
          app.use((_request, response) => void response.status(404).send(HOST_404));
          return serveListener(app, { prefix, address });
        },
      }),
    ),
  ),
  ...[
    { version: "Koa 3", Koa: Koa3 },
    { version: "Koa 2", Koa: Koa2 },
  ].flatMap(({ version, Koa }) =>
    variants("a body parser").map(
      ({ suffix, prefix, parsed }): Host => ({
        name: `${version}${suffix}`,
        notFound: HOST_404,
        start(server, address) {
          const app = new Koa();
          app.silent = true;
          if (parsed) app.use(parseJsonByHand);
          app.use(koaMount(prefix, koaServer(server)));
          app.use((context) => {
            context.status = 404;
            context.body = HOST_404;
          });
          return serveListener(app.callback(), { prefix, address });
        },
      }),
    ),
  ),
  ...["", PREFIX].map(
    (prefix): Host => ({
      name: `Fastify 5${prefix && ` below ${prefix}`}`,
      notFound: HOST_404,
      async start(server, address) {
        const app = fastify();
        app.setNotFoundHandler((_request, reply) => reply.code(404).send(HOST_404));
        app.register(fastifyServer(server), { prefix });
        await app.listen({ port: 0, host: address ?? "127.0.0.1" });
        const origin = originOf(app.server);
        return { url: origin + prefix, origin, httpServer: app.server, close: () => app.close() };
      },
    }),
  ),
  {
    name: "Express 5 over TLS",
    notFound: HOST_404,
    secure: true,
    start(server, address) {
      const app = express5();
      app.use(expressServer(server));
      app.use((_request, response) => void response.status(404).send(HOST_404));
      const pem = readFileSync(join(import.meta.dirname, "localhost.pem"));
      return open(createTlsServer({ key: pem, cert: pem }, app), { protocol: "https", address });
    },
  },
];

function variants(parser: string) {
  return [
    { suffix: "", prefix: "", parsed: false },
    { suffix: ` after ${parser}`, prefix: "", parsed: true },
    { suffix: ` below ${PREFIX}`, prefix: PREFIX, parsed: false },
    { suffix: ` after ${parser} below ${PREFIX}`, prefix: PREFIX, parsed: true },
  ];
}

const parseJsonByHand: Koa3.Middleware = async (context, next) => {
  if (context.is("json") && context.get("content-length") !== "0") {
    const chunks = await context.req.toArray();
    const text = Buffer.concat(chunks).toString();
    if (text !== "") Object.assign(context.request, { body: JSON.parse(text) });
  }
  return next();
};

/** What `koa-mount` does: below the path the middleware sees the rest, and after it the whole again. */
function koaMount(prefix: string, middleware: Koa3.Middleware): Koa3.Middleware {
  if (prefix === "") return middleware;
  return async (context, next) => {
    const { path } = context;
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return next();
    context.path = path.slice(prefix.length) || "/";
    await middleware(context, async () => {
      context.path = path;
      await next();
    });
    context.path = path;
  };
}

interface Opening {
  prefix?: string | undefined;
  protocol?: string | undefined;
  address?: string | undefined;
}

export function serveListener(listener: RequestListener, opening?: Opening): Promise<RunningHost> {
  return open(createServer(listener), opening);
}

export async function open(
  httpServer: Server,
  { prefix = "", protocol = "http", address = "127.0.0.1" }: Opening = {},
): Promise<RunningHost> {
  await new Promise<void>((resolve) => httpServer.listen(0, address, resolve));
  const origin = originOf(httpServer, protocol);
  const close = () => new Promise((resolve) => httpServer.close(resolve));
  return { url: origin + prefix, origin, httpServer, close };
}

/** Over loopback, whatever the server listens on. */
function originOf(httpServer: Server, protocol = "http"): string {
  return `${protocol}://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
}
