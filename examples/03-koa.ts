// Inside a Koa app, below a path, with two keys. Run it with:  npm run example examples/03-koa.ts
import type { ServerOptions } from "agent-server";
import { agentServer } from "agent-server/koa";
import Koa from "koa";

export function buildApp(options: ServerOptions = {}) {
  const app = new Koa();
  app.use(agentServer({ apiKeys: ["first-key", "second-key"], basePath: "/agents", ...options }));
  app.use((context) => {
    context.body = "This is the app. The agents live at /agents.";
  });
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  buildApp().listen(port, "127.0.0.1", () => {
    console.log(`App on http://127.0.0.1:${port}, agents below /agents`);
  });
}
