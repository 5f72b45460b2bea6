import type { Event } from "agent-server";
import { call, crashPoints, isSideCall, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";

const RULES = { classifier_model: "sorter", classes: [{ description: "All tasks", model: "quick" }] };
const MODELS = {
  sorter: { model: "openai/sorter", api_key: "sk-sorter" },
  quick: { model: "openai/quick", api_key: "sk-quick" },
};
const ROUTING = {
  name: "ClassifyAndSwitchLLMTool",
  params: { active_meta_profile: "none", meta_profile: RULES, meta_profile_llms: MODELS },
};

async function read(server: TestServer, path: string) {
  return (await server.fetch(new Request(`http://localhost/api/conversations/${path}`))).json();
}

it("a server killed at any commit of a switch by the agent knows the model that its log shows", async () => {
  const { points } = await crashPoints({
    setup: () => ({
      secretKey: "secret",
      llm: scriptedLlm([call("route_task_to_model"), say("Done."), say("Again.")], {
        position: "prompt",
        rules: [{ when: isSideCall, step: say("1") }],
      }),
    }),
    messages: ["Fix it.", "And the next one."],
    conversation: { agent: { llm: { model: "openai/first", api_key: "sk-first" }, tools: [ROUTING] } },
    outcome: async (server) => {
      const [info] = ((await read(server, "search")) as { items: { id: string; agent: unknown }[] }).items;
      const { agent, id } = info as { id: string; agent: { llm: { model: string } } };
      const { items } = (await read(server, `${id}/events/search?limit=100`)) as { items: Event[] };
      const updates = items.flatMap((event) =>
        event.kind === "ConversationStateUpdateEvent" && event.key === "agent" ? [event.value] : [],
      ) as { llm: { model: string } }[];
      const shown = updates.at(-1)?.llm.model ?? "openai/first";
      const hasSwitched = items.some(
        (event) => event.kind === "ObservationEvent" && event.tool_name === "route_task_to_model",
      );
      return {
        isTheModelShown: agent.llm.model === shown,
        isSwitchedIfSaid: !hasSwitched || agent.llm.model === "openai/quick",
        switches: Math.min(1, updates.length) === updates.length,
        isKeyKept: !JSON.stringify(items).includes("sk-quick"),
      };
    },
  });
  expect(points).toBeGreaterThan(10);
});
