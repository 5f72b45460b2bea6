// Inside a Hono app, as in any host that speaks Fetch. Run it with:  npm run example examples/11-fetch-host.ts
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { createServer, type ServerOptions } from "agent-server";
import { Hono } from "hono";

export function buildApp(options: ServerOptions = {}) {
  const agents = createServer({ apiKeys: ["my-key"], basePath: "/agents", ...options });
  const app = new Hono();
  app.get("/", (context) => context.text("This is the app. The agents live at /agents."));
  app.all("/agents/*", (context) => agents.fetch(context.req.raw));
  return { app, agents };
}

/** Fetch knows no WebSockets, so they come from the `http.Server` below the app. */
export function listen(port: number, options?: ServerOptions): Promise<{ server: Server; port: number }> {
  const { app, agents } = buildApp(options);
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" }, (address) => {
      resolve({ server, port: address.port });
    }) as Server;
    agents.attach(server);
  });
}

if (process.argv[1] === import.meta.filename) {
  const { port } = await listen(Number(process.env.PORT ?? 8000));
  console.log(`App on http://127.0.0.1:${port}, agents below /agents`);
}
