// An agent with the tools of an MCP server, here the official one for memory. Run it with:  npm run example examples/16-mcp.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore } from "agent-server";

/** A program on the machine of the agent, in its sandbox if it has one. In a project of your own: `npx -y @modelcontextprotocol/server-memory`. */
const MEMORY = {
  command: process.execPath,
  args: [join(import.meta.dirname, "../node_modules/@modelcontextprotocol/server-memory/dist/index.js")],
};

/** Starts a conversation whose agent has the memory. A server elsewhere would be `{ url: "https://…", auth: … }`. */
export async function startWithMemory(server: AgentServer, workingDir: string, model: string) {
  const memory = { ...MEMORY, env: { MEMORY_FILE_PATH: join(workingDir, "memory.jsonl") } };
  const { conversation } = await server.conversations.create({
    agent: { llm: { model }, mcp_config: { memory } },
    workspace: { working_dir: workingDir },
  });
  await conversation.sendMessage("Remember that the tap drips.", { run: false });
  return conversation;
}

if (process.argv[1] === import.meta.filename) {
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const workingDir = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  const { id } = await startWithMemory(server, workingDir, process.env.LLM_MODEL ?? "demo/tour");
  for await (const event of server.conversations.follow(id)) {
    if (event.kind !== "SystemPromptEvent") continue;
    for (const { title, description } of event.tools) console.log(`${title}: ${description.split("\n")[0]}`);
    break;
  }
}
