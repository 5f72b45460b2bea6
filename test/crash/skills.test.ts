import type { Event } from "agent-server";
import { call, crashPoints, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";

const git = { name: "git", content: "Commit.", trigger: { type: "keyword" as const, keywords: ["git"] } };
const notes = { name: "notes", content: "Write them down.", is_agentskills_format: true };

async function read(server: TestServer, path: string) {
  return (await server.fetch(new Request(`http://localhost/api/conversations/${path}`))).json();
}

it("a server killed at any commit of a message that calls for a skill gives it once, and loses none", async () => {
  const { points } = await crashPoints({
    setup: () => ({
      llm: scriptedLlm([call("invoke_skill", { name: "notes" }), say("Done."), say("Again.")], {
        position: "prompt",
      }),
    }),
    messages: ["Use git.", "Use git again."],
    conversation: { agent: { agent_context: { skills: [git, notes] } } },
    outcome: async (server) => {
      const [info] = ((await read(server, "search")) as { items: Record<string, unknown>[] }).items;
      const { items } = (await read(server, `${String(info?.id)}/events/search?limit=100`)) as {
        items: Event[];
      };
      const given = items.flatMap((event) =>
        event.kind === "MessageEvent" ? (event.activated_skills ?? []) : [],
      );
      // A call that was cut short has read nothing.
      const hasRead = items.some(
        (event) => event.kind === "ObservationEvent" && event.tool_name === "invoke_skill",
      );
      const isNoted = String(info?.invoked_skills) === "notes";
      return { given, kept: info?.activated_knowledge_skills, isNotedIfRead: hasRead === isNoted };
    },
  });
  expect(points).toBeGreaterThan(5);
});
