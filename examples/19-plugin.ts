// A plugin of your own: a skill, a slash command, a hook and an MCP server. Run it with:  npm run example examples/19-plugin.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore } from "agent-server";

/** A folder here. `github:owner/repo`, another git URL, or a place of a marketplace would do as well. */
const WEATHER = { source: join(import.meta.dirname, "weather-plugin") };

/** Starts a conversation with the plugin and calls its command. The agent then has the tool of its server. */
export async function askForWeather(server: AgentServer, folder: string, model: string) {
  const { conversation } = await server.conversations.create({
    agent: { llm: { model }, tools: [{ name: "terminal" }] },
    workspace: { working_dir: folder },
    plugins: [WEATHER],
    autotitle: false,
  });
  await conversation.sendMessage("/weather:report for Oslo", { run: false });
  return conversation;
}

if (process.argv[1] === import.meta.filename) {
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const folder = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  const { id } = await askForWeather(server, folder, process.env.LLM_MODEL ?? "demo/tour");
  for await (const event of server.conversations.follow(id)) {
    if (event.kind === "HookExecutionEvent") console.log(`hook: ${event.hook_event_type}`);
    if (event.kind === "SystemPromptEvent")
      console.log(`tools: ${event.tools.map(({ title }) => title).join(", ")}`);
    if (event.kind !== "MessageEvent") continue;
    console.log(`skills: ${event.activated_skills?.join(", ")}`);
    break;
  }
}
