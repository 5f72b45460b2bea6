// An Express app with Agent Canvas for its users, below a path. First:  npx agent-server ui install
// Run it with:  npm run example examples/15-web-app.ts
import type { ServerOptions } from "agent-server";
import { agentServer } from "agent-server/express";
import express from "express";

export function buildApp(options: ServerOptions = {}) {
  const app = express();
  app.get(
    "/",
    (_request, response) => void response.send('This is the app. <a href="/agents/">Its agents</a>'),
  );
  // The web app keeps its settings here only where they can be encrypted.
  const secretKey = process.env.OH_SECRET_KEY ?? "a long random text that stays the same";
  app.use(
    "/agents",
    agentServer({ apiKeys: ["my-key"], secretKey, basePath: "/agents", ui: true, ...options }),
  );
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  buildApp().listen(port, "127.0.0.1", () => {
    console.log(`Agent Canvas on http://127.0.0.1:${port}/agents/, which asks for its key: my-key`);
  });
}
