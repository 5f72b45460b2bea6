// Inside an Express app, below a path, with one key. Run it with:  node examples/02-express.ts
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
  buildApp().listen(8000, "127.0.0.1", () =>
    console.log("App on http://127.0.0.1:8000, agents below /agents"),
  );
}
