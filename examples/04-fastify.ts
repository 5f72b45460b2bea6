// Inside a Fastify app, below a prefix, with the app's own login in place of keys. Run it with:  npm run example examples/04-fastify.ts
import type { ServerOptions } from "agent-server";
import { agentServer } from "agent-server/fastify";
import fastify from "fastify";

export function buildApp(options: ServerOptions = {}) {
  const app = fastify();
  const authenticate = (request: Request) => request.headers.get("authorization") === "Bearer my-login";
  app.get("/", async () => "This is the app. The agents live at /agents.");
  app.register(agentServer({ authenticate, basePath: "/agents", ...options }), { prefix: "/agents" });
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  const url = await buildApp().listen({ port, host: "127.0.0.1" });
  console.log(`App on ${url}, agents below /agents`);
}
