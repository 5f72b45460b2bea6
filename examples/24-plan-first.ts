// One agent plans and another carries the plan out. Run it with:  MODEL=… OPENAI_API_KEY=… npm run example examples/24-plan-first.ts
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AgentPreset, type AgentServer, createServer, memoryStore, presetAgent } from "agent-server";

export interface Work {
  task: string;
  /** The folder that both work in. */
  folder: string;
  /** The model of both. */
  model: string;
}

/** Resolves to the plan, which is carried out by then. */
export async function planThenWork(server: AgentServer, { task, folder, model }: Work): Promise<string> {
  // It reads everything and changes nothing but the plan.
  await run("planning", task);
  const plan = join(folder, ".agents_tmp/PLAN.md");
  await run("gpt5", `Carry out the plan in ${plan}.`);
  return readFile(plan, "utf8");

  async function run(preset: AgentPreset, message: string): Promise<void> {
    const { conversation } = await server.conversations.create({
      agent: presetAgent(preset, { llm: { model }, cliMode: true }),
      workspace: { working_dir: folder },
      autotitle: false,
      initial_message: { content: [{ type: "text", text: message }] },
    });
    for await (const event of server.conversations.follow(conversation.id)) {
      if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") continue;
      if (event.value === "error") throw new Error(`The agent of the preset ${preset} has failed`);
      if (event.value === "finished") return;
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  const { MODEL: model, OPENAI_API_KEY } = process.env;
  const [task = "Add a page that greets people by their names."] = process.argv.slice(2);
  if (model === undefined) throw new Error("Name a model in the variable MODEL, such as openai/gpt-5.6");
  await using server = createServer({
    keyless: "loopback",
    store: memoryStore(),
    environment: { OPENAI_API_KEY },
  });
  console.log(await planThenWork(server, { task, folder: process.cwd(), model }));
}
