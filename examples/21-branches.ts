// One conversation, gone on with in several ways. Run it with:  npm run example examples/21-branches.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, type ConversationHandle, createServer, memoryStore } from "agent-server";

/** Asks each question of a fork of the conversation, all at once. Resolves to the answers; the conversation stays as it is. */
export async function askInForks(server: AgentServer, id: string, questions: string[]): Promise<string[]> {
  return Promise.all(
    questions.map(async (question) => {
      const { conversation } = await server.conversations.fork(id, { title: question });
      return ask(server, conversation, question);
    }),
  );
}

/** Takes back everything after the user's first message, and asks something else instead. */
export async function askInstead(server: AgentServer, id: string, question: string): Promise<string> {
  const { items } = await server.conversations.events.search(id, { kind: "MessageEvent", source: "user" });
  const [first] = items;
  const conversation = await server.conversations.open(id);
  // HEAD moves before the message; what came after stays in the log, on another branch.
  await conversation.navigate(first?.parent_id ?? null);
  return ask(server, conversation, question);
}

/** Sends a message and resolves to the agent's response. */
async function ask(server: AgentServer, conversation: ConversationHandle, words: string): Promise<string> {
  const watch = server.conversations.follow(conversation.id);
  const before = await server.conversations.events.count(conversation.id);
  await conversation.sendMessage(words);
  let seen = 0;
  for await (const event of watch) {
    seen += 1;
    if (seen <= before || event.kind !== "ConversationStateUpdateEvent") continue;
    if (event.key !== "execution_status" || event.value === "running" || event.value === "idle") continue;
    if (event.value === "finished") break;
    throw new Error(`the run has ended as ${event.value}`);
  }
  return server.conversations.agentFinalResponse(conversation.id);
}

if (process.argv[1] === import.meta.filename) {
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const working_dir = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "demo/tour" }, tools: [{ name: "terminal" }, { name: "file_editor" }] },
    workspace: { working_dir },
  });
  console.log(await ask(server, conversation, "Have a look around."));
  for (const answer of await askInForks(server, conversation.id, ["What is here?", "What is missing?"])) {
    console.log(`In a fork: ${answer}`);
  }
  console.log(`Instead: ${await askInstead(server, conversation.id, "Start again.")}`);
}
