import type { Answer } from "../../client.ts";
import { type Scenario, userMessage } from "../../scenario.ts";

/** As many as the reference runs at once. */
const PLACES = 10;

export const capacityScenarios: Scenario[] = [
  {
    name: "more runs than there are places",
    alone: true,
    script: [
      ...Array.from({ length: PLACES }, () => ({ text: "Slow.", delayMs: 120_000 })),
      { text: "There is." },
    ],
    drive: async (client, { workspace, base_url }) => {
      const agent = { kind: "Agent", llm: { model: "openai/scripted", api_key: "key", base_url }, tools: [] };
      const body = { autotitle: false, workspace: { working_dir: workspace }, agent };
      const start = { method: "POST", path: "/api/conversations", body };
      const idle = await client.quietly(start);
      const busy: Answer[] = [];
      for (let place = 0; place < PLACES; place += 1) {
        const started = await client.quietly(start);
        busy.push(started);
        const path = `/api/conversations/${idOf(started)}/events`;
        await client.quietly({ method: "POST", path, body: userMessage("Go.", true) });
      }
      const full = `/api/conversations/${idOf(idle)}`;
      await client.ask("POST", "/api/conversations", body);
      await client.ask("POST", "/api/conversations", { ...body, initial_message: userMessage("Hi.", true) });
      await client.ask("POST", `${full}/events`, userMessage("Kept.", true));
      await client.ask("POST", `${full}/run`);
      await client.ask("POST", `${full}/events/respond_to_confirmation`, { accept: true });
      await client.ask("POST", `${full}/events/respond_to_confirmation`, { accept: false });
      await client.ask("POST", `${full}/events`, userMessage("And this.", false));
      await client.ask("GET", `${full}/events/search?kind=MessageEvent`);
      await client.ask("POST", `/api/conversations/${idOf(busy[0])}/run`);
      for (const each of [...busy, idle]) {
        await client.quietly({ method: "DELETE", path: `/api/conversations/${idOf(each)}` });
      }
      await client.sendAndWait("There is room again.");
    },
  },
];

function idOf(answer: Answer | undefined): string {
  return (answer?.body as { id: string } | undefined)?.id ?? "";
}
