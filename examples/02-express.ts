// Inside an Express app, below a path, with one key. Run it with:  npm run example examples/02-express.ts
import type { ServerOptions } from "agent-server";
import { agentServer } from "agent-server/express";
import express from "express";

export function buildApp(options: ServerOptions = {}) {
  const app = express();
  app.get("/", (_request, response) => void response.send("This is the app. The agents live at /agents."));
  app.use("/agents", agentServer({ apiKeys: ["my-key"], basePath: "/agents", ...options }));
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  buildApp().listen(port, "127.0.0.1", () => {
    console.log(`App on http://127.0.0.1:${port}, agents below /agents`);
  });
}
