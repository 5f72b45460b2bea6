// Actions wait until your code has decided about them. Run it with:  npm run example examples/10-confirmation.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ActionEvent, type AgentServer, createServer, memoryStore } from "agent-server";

/** Decides about one action: a person would be asked here. Returns why the action is rejected, or undefined. */
export type Review = (action: ActionEvent) => string | undefined;

/** Runs a task to its end. Resolves to the agent's final response. */
export async function runReviewed(server: AgentServer, task: string, review: Review): Promise<string> {
  const { conversation } = await server.conversations.create({
    agent: {
      llm: { model: "demo/tour" },
      tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
    },
    workspace: { working_dir: await mkdtemp(join(tmpdir(), "agent-server-example-")) },
    confirmation_policy: { kind: "AlwaysConfirm" },
    initial_message: { content: [{ type: "text", text: task }] },
  });
  let pending: ActionEvent[] = [];
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind === "ActionEvent") pending.push(event);
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") continue;
    if (event.value === "finished" || event.value === "error") break;
    if (event.value !== "waiting_for_confirmation") continue;
    const reason = pending.map(review).find((answer) => answer !== undefined);
    pending = [];
    await conversation.respondToConfirmation({ accept: reason === undefined, reason });
    // A rejection starts no run. The next one shows the reason to the model.
    if (reason !== undefined) await conversation.run();
  }
  return server.conversations.agentFinalResponse(conversation.id);
}

if (process.argv[1] === import.meta.filename) {
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const response = await runReviewed(server, "Have a look around.", (action) => {
    console.log(`? ${action.tool_name} ${action.tool_call.arguments}`);
    return action.tool_name === "terminal" ? "The terminal is out of bounds today." : undefined;
  });
  console.log(`\n${response}`);
}
