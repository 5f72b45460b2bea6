import { defineTool, type Event } from "agent-server";
import { call, crashPoints, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import type { LlmRequest } from "../../src/llm/llm.ts";
import { readableText } from "../../src/wire/events/message.ts";

const MARK = "Subtask";

const deploy = defineTool({
  name: "deploy",
  description: "Deploys a version",
  input: z.object({ version: z.string() }),
  run: ({ version }) => `deployed ${version}`,
});

const textOf = ({ messages }: LlmRequest) =>
  messages
    .filter(({ role }) => role !== "system")
    .map(({ content }) => readableText(content))
    .join("\n");

/** The sub-agent deploys once, and says so; whatever it is asked again, it looks before it does it. */
function child(request: LlmRequest) {
  return textOf(request).includes("deployed 1") || textOf(request).includes("cut short")
    ? say("It is deployed.")
    : call("deploy", { version: "1" });
}

/** The agent gives the task once, resumes one that was cut short, and gives it again if it never began. */
function parent(request: LlmRequest) {
  const text = textOf(request);
  if (text.includes("It is deployed.")) return say("Done.");
  const cut = /resume "(task_\d+)"/g.exec(text)?.[1];
  return call("task", { prompt: `${MARK}: deploy`, subagent_type: "deployer", ...(cut && { resume: cut }) });
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

it("a server killed anywhere in a task answers its call, and lets no finished sub-agent work again", async () => {
  const { points } = await crashPoints({
    setup: () => ({
      llm: scriptedLlm((request) =>
        (readableText(request.messages.find(({ role }) => role === "user")?.content ?? []).startsWith(MARK)
          ? child
          : parent)(request),
      ),
      tools: [deploy, "task_tool_set"],
    }),
    messages: ["Deploy."],
    conversation: {
      agent: { tools: [{ name: "task_tool_set" }] },
      agent_definitions: [{ name: "deployer", description: "Deploys.", tools: ["deploy"] }],
    },
    outcome: async (server) => {
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
    },
  });
  expect(points).toBeGreaterThan(15);
}, 60_000);
