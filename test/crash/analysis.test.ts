import { defineTool, type Event } from "agent-server";
import { calls, crashPoints, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it } from "vitest";
import { z } from "zod";

const deploy = defineTool({
  name: "deploy",
  description: "Deploys a version",
  input: z.object({ version: z.string() }),
  annotations: { idempotentHint: true },
  run: ({ version }) => `deployed ${version}`,
});

const STEPS = [
  calls(
    ["deploy", { version: "1", security_risk: "LOW" }],
    ["deploy", { version: "2", security_risk: "HIGH" }],
  ),
  calls(["deploy", { version: "3", security_risk: "MEDIUM" }]),
  say("Done."),
];

async function eventsOf(server: TestServer): Promise<Event[]> {
  const get = async (path: string) =>
    (await (await server.fetch(new Request(`http://localhost/api/conversations/${path}`))).json()) as {
      items: (Event & { id: string })[];
    };
  const [conversation] = (await get("search")).items;
  return (await get(`${conversation?.id}/events/search?limit=100`)).items;
}

const isAnalysis = ({ kind }: Event) => kind === "SecurityAnalysisEvent";

/** What is wrong with the analyses of a log. */
function faults(events: readonly Event[]): string[] {
  const places = new Map(events.map(({ id }, place) => [id, place]));
  const analysed = new Set<string>();
  return events.flatMap((event, place) => {
    if (event.kind !== "SecurityAnalysisEvent") return [];
    return Object.keys(event.risks).flatMap((id) => {
      const isTwice = analysed.has(id);
      analysed.add(id);
      const isBefore = (places.get(id) ?? Number.POSITIVE_INFINITY) < place;
      return [...(isTwice ? [`${id} is analysed twice`] : []), ...(isBefore ? [] : [`${id} comes later`])];
    });
  });
}

it.each(["NeverConfirm", "AlwaysConfirm"] as const)(
  "under %s, a server killed before or after an analysis answers the calls, and analyses none twice",
  async (kind) => {
    const { points } = await crashPoints({
      setup: () => ({ llm: scriptedLlm(STEPS, { position: "prompt" }), tools: [deploy] }),
      messages: ["Go."],
      conversation: {
        confirmation_policy: { kind },
        security_analyzer: { kind: "LLMSecurityAnalyzer" },
      },
      outcome: async (server) => {
        const events = await eventsOf(server);
        return { isAnalysed: events.some(isAnalysis), faults: faults(events) };
      },
    });
    expect(points).toBeGreaterThan(10);
  },
);
