// A workflow: a script that an agent writes to hand work to many sub-agents at once.
// Run it with:  LLM_MODEL=openai/gpt-5.2 LLM_API_KEY=… npm run example examples/27-workflow.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, memoryStore } from "agent-server";

interface Model {
  model: string;
  api_key?: string | null;
}

const AUDITOR = {
  name: "coverage_auditor",
  description: "Audits the tests of one area of a project.",
  tools: ["terminal"],
  system_prompt:
    "Compare sources with their tests. Report strengths, risky gaps and the next tests to write. Change nothing.",
  max_iteration_per_run: 10,
  max_budget_per_run: 0.5,
};

/** The script that the agent is expected to write, give or take words. It runs as Python on the agent's machine. */
export const SCRIPT = `
async def main(wf):
    areas = ["src", "adapters", "examples"]
    reports = await wf.map_agents(areas, "Audit the tests of {item}.", "coverage_auditor", max_concurrency=2)
    asked = "Write one report of the whole project, the worst gaps first."
    return await wf.reduce_agent(dict(zip(areas, reports)), asked, "coverage_auditor")
`;

/** Lets an agent audit a project by a workflow. Resolves to its report and the cost, that of the sub-agents included. */
export async function audit(server: AgentServer, folder: string, llm: Model) {
  const text = `Audit the tests of this project with a workflow like this one:\n${SCRIPT}`;
  const { conversation } = await server.conversations.create({
    agent: { llm, tools: [{ name: "workflow_tool_set" }] },
    agent_definitions: [AUDITOR],
    workspace: { working_dir: folder },
    autotitle: false,
    initial_message: { content: [{ type: "text", text }] },
  });
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind !== "ConversationStateUpdateEvent" || event.key !== "execution_status") continue;
    if (event.value === "finished" || event.value === "error") break;
  }
  const { stats } = await server.conversations.get(conversation.id);
  const models = Object.values(stats.usage_to_metrics ?? {});
  const cost = models.reduce((sum, { accumulated_cost }) => sum + (accumulated_cost ?? 0), 0);
  return { report: await server.conversations.agentFinalResponse(conversation.id), cost };
}

if (process.argv[1] === import.meta.filename) {
  const { LLM_MODEL: model = "demo/tour", LLM_API_KEY: api_key = null } = process.env;
  await using server = createServer({ keyless: "loopback", store: memoryStore() });
  const folder = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  const { report, cost } = await audit(server, folder, { model, api_key });
  console.log(`${report}\nThis has cost $${cost.toFixed(4)}.`);
}
