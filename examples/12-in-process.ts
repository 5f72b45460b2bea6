// Conversations without HTTP, in your own process. Run it with:  npm run example examples/12-in-process.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore } from "agent-server";

/** Starts a conversation and sends messages. Resolves to the agent's response to each. */
export async function talk(server: AgentServer, workingDir: string, messages: string[]): Promise<string[]> {
  const { conversations } = server;
  const { conversation } = await conversations.create({
    agent: { llm: { model: "demo/tour" }, tools: [{ name: "terminal" }, { name: "file_editor" }] },
    workspace: { working_dir: workingDir },
  });
  const responses: string[] = [];
  for (const [index, message] of messages.entries()) {
    await conversation.sendMessage(message);
    await finished(server, { id: conversation.id, messages: index + 1 });
    responses.push(await conversations.agentFinalResponse(conversation.id));
  }
  return responses;
}

/** Waits for the end of the run after the last message. `follow` starts with the stored events, so nothing is missed. */
async function finished(server: AgentServer, after: { id: string; messages: number }): Promise<void> {
  let messages = 0;
  for await (const event of server.conversations.follow(after.id)) {
    if (event.kind === "MessageEvent" && event.source === "user") messages += 1;
    if (messages < after.messages || event.kind !== "ConversationStateUpdateEvent") continue;
    if (event.key === "execution_status" && event.value === "error") throw new Error("the run has failed");
    if (event.key === "execution_status" && event.value === "finished") return;
  }
}

if (process.argv[1] === import.meta.filename) {
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const workingDir = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  const messages = ["Have a look around.", "And what did you write down?"];
  for (const response of await talk(server, workingDir, messages)) console.log(`${response}\n`);
  const { items } = await server.conversations.search({ limit: 1 });
  for (const { id, stats } of items) console.log(id, JSON.stringify(stats.usage_to_metrics));
}
