// An agent with sub-agents, of the request and of files in its project.
// Run it with:  LLM_MODEL=openai/gpt-5.2 LLM_API_KEY=… npm run example examples/26-sub-agents.ts
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore } from "agent-server";

type Model = { model: string; api_key?: string | null };

/** A sub-agent as a file of the project. */
const TESTER = `---
name: tester
description: Runs the tests of this project and reports failures.
tools: [terminal]
---
You run tests. Report each failure in one line, and nothing else.
`;

/** A sub-agent of the request. It asks before each of its commands; the question comes to your user. */
const REVIEWER = {
  name: "reviewer",
  description: "Says what is wrong with a change.",
  tools: ["terminal"],
  system_prompt: "You review changes.",
  permission_mode: "always_confirm",
};

/** Gives an agent a task that it may share with sub-agents. Resolves to its report and to what each sub-agent has reported. */
export async function delegate(server: AgentServer, task: string, folder: string, llm: Model) {
  await mkdir(join(folder, ".agents/agents"), { recursive: true });
  await writeFile(join(folder, ".agents/agents/tester.md"), TESTER);
  const { conversation } = await server.conversations.create({
    agent: { llm, tools: [{ name: "terminal" }, { name: "task_tool_set" }], tool_concurrency_limit: 4 },
    agent_definitions: [REVIEWER],
    workspace: { working_dir: folder },
    autotitle: false,
    initial_message: { content: [{ type: "text", text: task }] },
  });
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") continue;
    if (event.value === "waiting_for_confirmation")
      await conversation.respondToConfirmation({ accept: true });
    if (event.value === "finished" || event.value === "error") break;
  }
  // The sub-agents have conversations like any other, which only lists leave out.
  const { agent_state } = await server.conversations.get(conversation.id);
  const ids = Object.values((agent_state.sub_agents ?? {}) as Record<string, string>);
  const reports = await Promise.all(ids.map((id) => server.conversations.agentFinalResponse(id)));
  return { report: await server.conversations.agentFinalResponse(conversation.id), reports };
}

if (process.argv[1] === import.meta.filename) {
  const { LLM_MODEL: model = "demo/tour", LLM_API_KEY: api_key = null } = process.env;
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const folder = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  const llm = { model, api_key };
  const { report, reports } = await delegate(server, "Let the tester run the tests.", folder, llm);
  console.log(`${reports.length} sub-agents worked on it.\n${report}`);
}
