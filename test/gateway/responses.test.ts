import { say, usage } from "agent-server/testing";
import { expect, it } from "vitest";
import { CONVERSATION, openGateway, wordsIn } from "./open-gateway.ts";

const MODEL = "openhands_fast";

it("answers in the form of a response, with everything that was counted", async () => {
  const counted = { prompt_tokens: 70, completion_tokens: 8, cache_read_tokens: 60, reasoning_tokens: 3 };
  await using bench = await openGateway([[say("Hello to you."), usage(counted)]]);
  const { data, response } = await bench.client.responses
    .create({ model: MODEL, input: "Hello.", instructions: " Be kind. ", metadata: { team: "x" } })
    .withResponse();
  expect(data.output_text).toBe("Hello to you.");
  expect(data).toMatchObject({
    id: expect.stringMatching(/^resp_[0-9a-f]{32}$/),
    instructions: " Be kind. ",
    metadata: { team: "x" },
    model: MODEL,
    object: "response",
    output: [
      {
        id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
        content: [{ annotations: [], text: "Hello to you.", type: "output_text" }],
        role: "assistant",
        status: "completed",
        type: "message",
      },
    ],
    parallel_tool_calls: false,
    status: "completed",
    tool_choice: "none",
    tools: [],
    usage: {
      input_tokens: 70,
      input_tokens_details: { cached_tokens: 60 },
      output_tokens: 8,
      output_tokens_details: { reasoning_tokens: 3 },
      total_tokens: 78,
    },
  });
  expect(JSON.stringify(data)).not.toContain("null");
  expect(response.headers.get(CONVERSATION)).toMatch(/^[0-9a-f-]{36}$/);
  expect(wordsIn(bench.requests[0], "system").join()).toContain("Be kind.");
});

it("leaves out what was not given, and begins a conversation each time", async () => {
  await using bench = await openGateway(() => say("Hello."));
  const first = await bench.client.responses.create({ model: MODEL, input: "Hello." });
  expect(Object.keys(first)).not.toEqual(expect.arrayContaining(["instructions"]));
  expect(Object.keys(first)).not.toEqual(expect.arrayContaining(["metadata"]));
  await bench.post("/v1/responses", { model: MODEL, input: "Hello." });
  expect(await bench.server.conversations.count()).toBe(2);
});

it("sends a single message as it is, and several items in one message with their roles", async () => {
  await using bench = await openGateway(() => say("Yes."));
  const image = {
    type: "input_image" as const,
    detail: "auto" as const,
    image_url: "data:image/png;base64,AAAA",
  };
  await bench.client.responses.create({
    model: MODEL,
    input: [{ role: "user", content: [{ type: "input_text", text: "Look." }, image] }],
  });
  expect(wordsIn(bench.requests[0], "user").at(-1)).toContain("Look.");
  await bench.client.responses.create({
    model: MODEL,
    input: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "What is it?" },
      { role: "assistant", content: "A cat." },
      { role: "user", content: "Sure?" },
    ],
  });
  const words = wordsIn(bench.requests[1], "user").at(-1) ?? "";
  const items = ["user", "What is it?", "assistant", "A cat.", "user", "Sure?"];
  const tagged = [0, 2, 4].map((at) => `<message role="${items[at]}">${items[at + 1]}</message>`);
  expect(words).toBe(tagged.join(""));
  expect(wordsIn(bench.requests[1], "system").join()).toContain("Be brief.");
});

it("refuses what it does not serve, and inputs that say nothing", async () => {
  await using bench = await openGateway([]);
  const item = (part: object) => ({ input: [{ role: "user", content: [part] }] });
  const refusals: [object, string][] = [
    [{ input: "x", stream: true }, "Streaming responses are not supported yet"],
    [{ input: "x", store: true }, "Persistent response storage (store=True) is not supported yet"],
    [
      { input: "x", previous_response_id: "resp_1" },
      "previous_response_id is not supported; replay input items instead",
    ],
    [{ input: "" }, "Responses input must not be empty"],
    [{ input: [] }, "Responses input must include a user message"],
    [{ input: [{ role: "assistant", content: "x" }] }, "Responses input must include a user message"],
    [item({ type: "input_file" }), "Unsupported Responses content part type: input_file"],
    [item({ type: "input_image" }), "input_image content part is missing an image_url"],
  ];
  for (const [request, detail] of refusals) {
    const answer = await bench.post("/v1/responses", { model: MODEL, ...request });
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([400, detail]);
  }
  expect((await bench.post("/v1/responses", { model: "x", input: "x" })).status).toBe(404);
  expect(await bench.server.conversations.count()).toBe(0);
});
