// A cluster whose agents work in sandboxes: other agent servers, which go on when a server of the cluster dies.
// Run it with:  npm run example examples/34-sandboxes.ts
// Start a sandbox first, for example `SESSION_API_KEY=key-of-the-sandbox agent-server --port 8001`. SANDBOX_URL is its
// address, DATABASE_URL the store. {conversation_id} in SANDBOX_URL makes it one sandbox for each conversation.
import {
  createServer,
  defineTool,
  type SandboxAddress,
  type ServerOptions,
  sandboxWorkspaces,
} from "agent-server";
import { z } from "zod";

// `actionId` starts the program once. When its server dies, the next one finds it by that, and waits for it.
export const runTests = defineTool({
  name: "run_tests",
  description: "Runs the tests of the project.",
  input: z.object({}),
  async run(_input, { workspace, actionId: callId, signal }) {
    return (await workspace.run(["sh", "-c", "npm test"], { callId, signal })).stdout;
  },
  async resume(_input, { workspace, actionId, signal }) {
    return (await workspace.handover?.run(actionId, { signal }))?.stdout;
  },
});

export function buildServer(address: string, sandbox: SandboxAddress, options: ServerOptions) {
  return createServer({
    tools: [runTests],
    ...options,
    cluster: { address, placement: "sandbox" },
    workspace: sandboxWorkspaces(sandbox),
  });
}

if (process.argv[1] === import.meta.filename) {
  const { postgresStore } = await import("agent-server/postgres");
  const { DATABASE_URL = "postgres://localhost/agents", SANDBOX_URL = "http://127.0.0.1:8001" } = process.env;
  const port = Number(process.env.PORT ?? 8000);
  const sandbox = { address: SANDBOX_URL, apiKey: process.env.OH_SANDBOXES_KEY ?? "key-of-the-sandbox" };
  const server = buildServer(`http://127.0.0.1:${port}`, sandbox, {
    store: postgresStore({ connectionString: DATABASE_URL }),
    secretKey: process.env.OH_SECRET_KEY ?? "the same for all servers",
    keyless: "loopback",
  });
  const { url } = await server.listen(port);
  console.log(`${url}, with agents at ${SANDBOX_URL}`);
}
