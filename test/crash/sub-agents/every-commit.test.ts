import { spawnSync } from "node:child_process";
import { defineTool, type Event } from "agent-server";
import { type CrashFlow, call, crashPoints, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import type { LlmRequest } from "../../../src/llm/llm.ts";
import { readableText } from "../../../src/wire/events/message.ts";

const MARK = "Subtask";

/** Workflows are Python. A machine without it has none, which other tests show. */
const NO_PYTHON = spawnSync("python3", ["--version"]).status !== 0;

const deploy = defineTool({
  name: "deploy",
  description: "Deploys a version",
  input: z.object({ version: z.string() }),
  run: ({ version }) => `deployed ${version}`,
});

const taskOf = ({ messages }: LlmRequest) =>
  readableText(messages.find(({ role }) => role === "user")?.content ?? []);

const textOf = ({ messages }: LlmRequest) =>
  messages
    .filter(({ role }) => role !== "system")
    .map(({ content }) => readableText(content))
    .join("\n");

/** Deploys once, and says so; whatever it is asked again, it looks before it does it. */
function child(request: LlmRequest) {
  const version = /deploy (\d)/.exec(taskOf(request))?.[1] ?? "1";
  const text = textOf(request);
  return text.includes(`deployed ${version}`) || text.includes("cut short")
    ? say(`It is deployed: ${version}.`)
    : call("deploy", { version });
}

/** Gives the task once, resumes one that was cut short, and gives it again if it never began. */
function parent(request: LlmRequest) {
  const text = textOf(request);
  if (text.includes("It is deployed")) return say("Done.");
  const cut = /resume "(task_\d+)"/g.exec(text)?.[1];
  return call("task", {
    prompt: `${MARK}: deploy 1`,
    subagent_type: "deployer",
    ...(cut && { resume: cut }),
  });
}

async function subAgents(server: TestServer): Promise<{ id: string; events: Event[] }[]> {
  const [conversation] = await server.store.conversations.search({
    sortOrder: "CREATED_AT",
    limit: 1,
    documents: [],
  });
  const found = await server.store.conversations.search({
    agentOf: conversation?.id ?? "",
    sortOrder: "CREATED_AT",
    limit: 100,
    documents: [],
  });
  return Promise.all(
    found.map(async ({ id }) => {
      const stored = await server.store.events.search(id, { order: "asc", limit: 1_000 });
      return { id, events: stored.map(({ json }) => JSON.parse(json) as Event) };
    }),
  );
}

/** The model of an agent, and of its sub-agents. */
const setupOf =
  (answer: typeof parent): CrashFlow["setup"] =>
  () => ({
    llm: scriptedLlm((request) => (taskOf(request).startsWith(MARK) ? child : answer)(request)),
    tools: [deploy, "task_tool_set", "workflow_tool_set"],
    patience: 60_000,
  });

const agent_definitions = [{ name: "deployer", description: "Deploys.", tools: ["deploy"] }];

/** Calls of sub-agents without a result, and the number of sub-agents. */
async function workOf(server: TestServer) {
  const worked = await subAgents(server);
  const open = worked.flatMap(({ events }) => {
    const answered = new Set(
      events.flatMap((event) =>
        "tool_call_id" in event && event.kind !== "ActionEvent" ? [event.tool_call_id] : [],
      ),
    );
    return events.filter((event) => event.kind === "ActionEvent" && !answered.has(event.tool_call_id));
  });
  return { open: open.length, conversations: worked.length };
}

it("a server killed anywhere in a task answers its call, and lets no finished sub-agent work again", async () => {
  const { points } = await crashPoints({
    setup: setupOf(parent),
    messages: ["Deploy."],
    conversation: { agent: { tools: [{ name: "task_tool_set" }] }, agent_definitions },
    outcome: workOf,
  });
  expect(points).toBeGreaterThan(15);
}, 300_000);

const VERSIONS = ["1", "2"];

/** Hands out what is left, resumes what was cut short, and never what is done. */
function author(request: LlmRequest) {
  const text = textOf(request);
  const done = new Set([...text.matchAll(/It is deployed: (\d)\./g)].map(([, version]) => version));
  if (VERSIONS.every((version) => done.has(version))) return say("Done.");
  const cut = [...text.matchAll(/^- (task_\d+) \(deployer, deploy (\d)\): (?!It is)/gm)];
  const [next] = cut.filter(([, , version]) => !done.has(version));
  const [, resume, version] = next ?? [];
  if (resume !== undefined)
    return call("task", { prompt: `${MARK}: deploy ${version}`, subagent_type: "deployer", resume });
  const left = VERSIONS.filter((one) => !done.has(one));
  const script = `
async def main(wf):
    return await wf.map_agents(${JSON.stringify(left)}, "${MARK}: deploy {item}", subagent_type="deployer",
                               description="deploy {item}")
`;
  return call("workflow", { name: "all", script, max_concurrency: 1 });
}

it.skipIf(NO_PYTHON)(
  "a server killed anywhere in a workflow says what is done, what can be resumed, and repeats neither",
  async () => {
    const { points } = await crashPoints({
      setup: setupOf(author),
      messages: ["Deploy both."],
      conversation: {
        agent: { tools: [{ name: "task_tool_set" }, { name: "workflow_tool_set" }] },
        agent_definitions,
      },
      outcome: workOf,
    });
    expect(points).toBeGreaterThan(25);
  },
  600_000,
);
