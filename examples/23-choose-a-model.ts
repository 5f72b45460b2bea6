// An agent that gets the model which suits its task, by rules. Run it with:  npm run example examples/23-choose-a-model.ts
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentServer, createServer, type Llm, memoryStore } from "agent-server";
import { call, say, scriptedLlm } from "agent-server/testing";

/** Stand-ins that play a script. Without `createLlm` the models of providers are asked. */
const STAND_INS: Readonly<Record<string, Llm>> = {
  "openai/everyday": scriptedLlm([call("route_task_to_model")]),
  "openai/sorter": scriptedLlm([say("2")]),
  "openai/strong": scriptedLlm([say("The loop never ends: nothing changes i.")]),
};

/** Saves the models, and the rules by which one of them is chosen. People do so in a client. */
export async function saveRules(server: AgentServer): Promise<void> {
  const models = ["everyday", "sorter", "strong"];
  for (const name of models) await post(server, `profiles/${name}`, { llm: { model: `openai/${name}` } });
  await post(server, "meta-profiles/by-difficulty", {
    classifier_model: "sorter",
    classes: [
      { description: "Questions and small edits", model: "everyday" },
      { description: "Bugs that are hard to find", model: "strong" },
    ],
  });
}

/** Sends a task to an agent that may choose its model. Resolves to the model that it ends with, and its answer. */
export async function work(server: AgentServer, workingDir: string, task: string) {
  // Agent profiles and settings name the rules as `meta_profile_ref` and `active_meta_profile`.
  const routing = { name: "ClassifyAndSwitchLLMTool", params: { active_meta_profile: "by-difficulty" } };
  const { conversation } = await server.conversations.create({
    agent: { llm: { model: "openai/everyday" }, tools: [routing] },
    workspace: { working_dir: workingDir },
    autotitle: false,
  });
  await conversation.sendMessage(task);
  for await (const event of server.conversations.follow(conversation.id)) {
    if (event.kind !== "ConversationStateUpdateEvent") continue;
    if (event.value === "finished" || event.value === "error") break;
  }
  const { agent } = await server.conversations.get(conversation.id);
  return { model: agent.llm.model, answer: await server.conversations.agentFinalResponse(conversation.id) };
}

async function post(server: AgentServer, path: string, body: object): Promise<void> {
  const headers = { "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  const request = new Request(`http://localhost/api/${path}`, init);
  const answer = await server.fetch(request, { peerAddress: "127.0.0.1" });
  if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
}

if (process.argv[1] === import.meta.filename) {
  const createLlm = ({ model }: { model: string }) => STAND_INS[model];
  await using server = createServer({ keyless: "loopback", store: memoryStore(), createLlm });
  await saveRules(server);
  const folder = await mkdtemp(join(tmpdir(), "agent-server-example-"));
  console.log(await work(server, folder, "My program hangs. Why?"));
}
