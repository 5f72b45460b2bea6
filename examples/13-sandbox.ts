// An Express app whose users' agents run in bubblewrap. Run it with:  npm run example examples/13-sandbox.ts
import { resolve } from "node:path";
import { type SandboxOptions, type ServerOptions, sandboxedWorkspace } from "agent-server";
import { agentServer } from "agent-server/express";
import express from "express";

/** Commands and file tools of agents see their working folder and programs: no file, process or network of the app. */
const SANDBOX: SandboxOptions = {
  root: resolve("workspace/projects"),
  network: "none",
  limits: { processes: 256, memoryBytes: 2 * 1024 ** 3 },
};

export function buildApp(options: ServerOptions = {}, sandbox: SandboxOptions = {}) {
  const app = express();
  app.get("/", (_request, response) => void response.send("This is the app. The agents live at /agents."));
  // Throws where the machine cannot make sandboxes, so that the app never starts without them.
  const workspace = sandboxedWorkspace({ ...SANDBOX, ...sandbox });
  app.use("/agents", agentServer({ apiKeys: ["my-key"], basePath: "/agents", workspace, ...options }));
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  buildApp().listen(port, "127.0.0.1", () => {
    console.log(`App on http://127.0.0.1:${port}, agents in sandboxes below /agents`);
  });
}
