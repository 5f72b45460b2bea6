// An agent that is another program, spoken to by the Agent Client Protocol: here Claude Code, which is fetched first.
// Run it with:  ANTHROPIC_API_KEY=… npm run example examples/29-another-program.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore } from "agent-server";

/** Gives a task to another program, and shows what it does meanwhile. Resolves to its answer. */
export async function handOver(
  server: AgentServer,
  command: string[],
  task: { words: string; folder: string; secrets?: Record<string, string>; show?: (line: string) => void },
): Promise<string> {
  const { words, folder, secrets = {}, show = () => {} } = task;
  const { conversation } = await server.conversations.create({
    agent: { kind: "ACPAgent", acp_command: command },
    workspace: { working_dir: folder },
    // The program sees these as variables; they are hidden in everything that it says and does.
    secrets: Object.fromEntries(
      Object.entries(secrets).map(([name, value]) => [name, { kind: "StaticSecret" as const, value }]),
    ),
    autotitle: false,
  });
  await conversation.sendMessage(words);
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind === "ACPToolCallEvent") show(`${event.title}: ${event.status}`);
    if (event.kind === "ConversationErrorEvent") throw new Error(`${event.code}: ${event.detail}`);
    if (event.kind === "ConversationStateUpdateEvent" && event.value === "finished") break;
  }
  return server.conversations.agentFinalResponse(conversation.id);
}

if (process.argv[1] === import.meta.filename) {
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const folder = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  const command = ["npx", "-y", "@agentclientprotocol/claude-agent-acp"];
  const { ANTHROPIC_API_KEY = "" } = process.env;
  const task = { words: "Which files are here?", folder, secrets: { ANTHROPIC_API_KEY }, show: console.log };
  console.log(await handOver(server, command, task));
}
