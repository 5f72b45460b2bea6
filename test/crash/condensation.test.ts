import { defineTool, type Event } from "agent-server";
import { call, crashPoints, isSideCall, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import type { LlmRequest } from "../../src/llm/llm.ts";
import { readableText } from "../../src/wire/events/message.ts";

const CALLS = 6;

const deploy = defineTool({
  name: "deploy",
  description: "Deploys a version",
  input: z.object({ version: z.string() }),
  annotations: { idempotentHint: true },
  run: ({ version }) => `deployed ${version}`,
});

/** Goes on from the last version that the prompt tells of, be it in a summary. */
function next({ messages }: LlmRequest) {
  const told = messages.filter(({ role }) => role !== "system").map(({ content }) => readableText(content));
  const versions = [...told.join("\n").matchAll(/deployed (\d+)/g)].map(([, version]) => Number(version));
  const last = Math.max(0, ...versions);
  return last >= CALLS ? say("Done.") : call("deploy", { version: `${last + 1}` });
}

/** Keeps the last version, as a good summary does. */
function summarise({ messages }: LlmRequest) {
  const versions = [...readableText(messages[1]?.content ?? []).matchAll(/deployed (\d+)/g)];
  return say(`deployed ${Math.max(0, ...versions.map(([, version]) => Number(version)))}`);
}

async function eventsOf(server: TestServer): Promise<Event[]> {
  const get = async (path: string) =>
    (await (await server.fetch(new Request(`http://localhost/api/conversations/${path}`))).json()) as {
      items: (Event & { id: string })[];
    };
  const [conversation] = (await get("search")).items;
  return (await get(`${conversation?.id}/events/search?limit=100`)).items;
}

it("a server killed anywhere in a condensation goes on with a prompt that is whole", async () => {
  const prompts: LlmRequest[] = [];
  const { points } = await crashPoints({
    setup: () => ({
      llm: scriptedLlm(
        (request) => {
          prompts.push(request);
          return next(request);
        },
        { usage: null, rules: [{ when: isSideCall, step: summarise }] },
      ),
      tools: [deploy],
    }),
    messages: ["Deploy all versions."],
    conversation: {
      agent: {
        condenser: {
          kind: "LLMSummarizingCondenser",
          llm: { model: "scripted", usage_id: "condenser" },
          max_size: 8,
          keep_first: 1,
        } as never,
      },
    },
    outcome: async (server) => {
      const events = await eventsOf(server);
      const forgotten = events.flatMap((event) =>
        event.kind === "Condensation" ? (event.forgotten_event_ids ?? []) : [],
      );
      return {
        isCondensed: forgotten.length > 0,
        forgetsTwice: forgotten.length - new Set(forgotten).size,
        forgetsPrompt: events.some(({ kind, id }) => kind === "SystemPromptEvent" && forgotten.includes(id)),
      };
    },
  });
  expect(points).toBeGreaterThan(15);
  for (const { messages } of prompts) {
    const called = messages.flatMap(({ tool_calls: made }) => (made ?? []).map(({ id }) => id));
    const answered = messages.flatMap(({ tool_call_id: id }) => id ?? []);
    expect(messages[0]?.role).toBe("system");
    expect(answered.toSorted()).toEqual(called.toSorted());
  }
}, 120_000);
