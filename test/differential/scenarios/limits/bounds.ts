import { run, type Scenario } from "../../scenario.ts";

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const ids = (count: number) => Array.from({ length: count }, (_, index) => id(index));

export const boundScenarios: Scenario[] = [
  {
    name: "pages of another size than is allowed",
    script: [],
    drive: async (client) => {
      for (const limit of ["101", "1000", "0", "-1", "1.5", "", "100", "1"]) {
        await client.get(`/events/search?limit=${limit}`);
      }
      for (const limit of ["101", "0", "-1"]) {
        await client.ask("GET", `/api/conversations/search?limit=${limit}`);
      }
    },
  },
  {
    name: "more ids than are allowed",
    script: [],
    drive: async (client) => {
      for (const count of [100, 101, 200]) {
        const { status, body } = await client.quietly({
          method: "GET",
          path: `/api/conversations?${ids(count)
            .map((each) => `ids=${each}`)
            .join("&")}`,
        });
        const [fault] = (body as { detail: { type: string; loc: string[]; ctx: object }[] }).detail;
        client.noted.push({
          call: `${count} ids`,
          status,
          type: fault?.type,
          loc: fault?.loc,
          ctx: fault?.ctx,
        });
      }
      await client.ask("GET", `/api/conversations?ids=${ids(99).join("&ids=")}`);
      await client.get("/events", ids(101));
    },
  },
  {
    name: "event ids that are known, unknown and no ids",
    script: [run("echo hi"), { text: "Hello." }],
    drive: async (client) => {
      await client.sendAndWait("Go.");
      const first = (await client.log()).at(0)?.id ?? "";
      await client.get(`/events/${id(1)}`);
      await client.get("/events/nope");
      await client.get("/events", [first, id(1), "nope", first]);
      await client.get("/events", [id(1)]);
      await client.get("/events", [3]);
      await client.get("/events", "no JSON");
      await client.get("/events/search?kind=ActionEvent");
      await client.get("/events/search?kind=actionevent");
      await client.get("/events/search?kind=Action");
      await client.get("/events/count?kind=MessageEvent");
      await client.get("/events/count?kind=openhands.sdk.event.llm_convertible.message.MessageEvent");
      await client.get("/events/count?kind=ObservationEvent&source=environment");
      await client.get("/events/count?kind=ActionEvent&body=hi");
      await client.get(`/events/search?page_id=${id(1)}&kind=ActionEvent`);
    },
  },
  {
    name: "titles and tags that are refused",
    script: [],
    drive: async (client) => {
      for (const title of ["   ", "\t\n", "", 3, ["x"], "x".repeat(200), `  ${"x".repeat(199)}  `]) {
        await client.ask("PATCH", "~", { title });
      }
      for (const tags of ["x", 3, { a: null }, { a: ["b"] }, { "": "x" }, { a: "x".repeat(256) }, {}]) {
        await client.ask("PATCH", "~", { tags });
      }
      await client.ask("PATCH", "~", { title: " ", tags: { a: "b" } });
      await client.ask("PATCH", "~", "[]");
      await client.get("");
    },
  },
  {
    name: "bodies of another type",
    script: [],
    drive: async (client) => {
      const headers = { "content-type": "text/plain" };
      const body = '{"title": "x"}';
      await client.request({ method: "PATCH", path: "~", body, headers });
      await client.request({
        method: "PATCH",
        path: "~",
        body,
        headers: { "content-type": "application/merge-patch+json" },
      });
      await client.request({
        method: "PATCH",
        path: "~",
        body,
        headers: { "content-type": "application/json; charset=utf-8" },
      });
    },
  },
];
