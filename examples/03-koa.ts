// Inside a Koa app, at its root, with two keys. Run it with:  npm run example examples/03-koa.ts
import type { ServerInput } from "agent-server";
import { agentServer } from "agent-server/koa";
import Koa from "koa";

export function buildApp(input: ServerInput = ["first-key", "second-key"]) {
  const app = new Koa();
  app.use(agentServer(input));
  app.use((context) => {
    context.body = "This is the app: whatever is not the agents' comes here.";
  });
  return app;
}

if (process.argv[1] === import.meta.filename) {
  const port = Number(process.env.PORT ?? 8000);
  buildApp().listen(port, "127.0.0.1", () => {
    console.log(`App and agents on http://127.0.0.1:${port}`);
  });
}
