import { call, fail, say, usage } from "agent-server/testing";
import OpenAI from "openai";
import { expect, it } from "vitest";
import { CONVERSATION, KEY, openGateway, userMessage, wordsIn } from "./open-gateway.ts";

const MODEL = "openhands_fast";

it("lists the LLM profiles as models, sorted", async () => {
  await using bench = await openGateway([]);
  const llm = { model: "openai/gpt-4o" };
  await bench.post("/api/profiles/Zeta", { llm }, { "X-Session-API-Key": KEY });
  await bench.post("/api/profiles/alpha", { llm }, { "X-Session-API-Key": KEY });
  const models = [];
  for await (const model of bench.client.models.list()) models.push(model);
  expect(models.map(({ id }) => id)).toEqual(["openhands_Zeta", "openhands_alpha", MODEL]);
  expect(models[0]).toEqual({
    id: "openhands_Zeta",
    created: 0,
    object: "model",
    owned_by: "openhands",
    shutdown_date: null,
  });
});

it("answers with the last words of the agent, the tokens of its conversation and the id of that", async () => {
  await using bench = await openGateway([
    [call("finish", { message: "There are 3 files." }), usage({ prompt_tokens: 70, completion_tokens: 8 })],
  ]);
  const { data, response } = await bench.client.chat.completions
    .create({ model: MODEL, messages: [userMessage("How many files?")] })
    .withResponse();
  expect(data).toEqual({
    id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
    choices: [
      { finish_reason: "stop", index: 0, message: { content: "There are 3 files.", role: "assistant" } },
    ],
    created: expect.any(Number),
    model: MODEL,
    object: "chat.completion",
    usage: { completion_tokens: 8, prompt_tokens: 70, total_tokens: 78 },
  });
  const info = await bench.server.conversations.get(String(response.headers.get(CONVERSATION)));
  expect(info).toMatchObject({ execution_status: "finished", title: null, max_iterations: 500 });
  expect(info.workspace.working_dir).toBe(bench.folder);
});

it("streams what it has at the end: a role, the text, the end, and the tokens where they are asked for", async () => {
  await using bench = await openGateway([say("Hello to you."), say("And again.")]);
  const request = { model: MODEL, messages: [userMessage("Hello.")], stream: true as const };
  const { data, response } = await bench.client.chat.completions
    .create({ ...request, stream_options: { include_usage: true } })
    .withResponse();
  const chunks = [];
  for await (const chunk of data) chunks.push(chunk);
  expect(chunks.map(({ choices }) => choices)).toMatchObject([
    [{ delta: { role: "assistant" }, index: 0 }],
    [{ delta: { content: "Hello to you." }, index: 0 }],
    [{ delta: {}, finish_reason: "stop", index: 0 }],
    [],
  ]);
  expect(chunks.at(-1)?.usage).toEqual({ completion_tokens: 10, prompt_tokens: 100, total_tokens: 110 });
  expect(new Set(chunks.map(({ id, object, model }) => `${id} ${object} ${model}`)).size).toBe(1);
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(response.headers.get(CONVERSATION)).toMatch(/^[0-9a-f-]{36}$/);

  const plain = await bench.post("/v1/chat/completions", request);
  const text = await plain.text();
  expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
  expect(text).not.toContain("usage");
});

it("goes on with the conversation of the header, which has what came before", async () => {
  await using bench = await openGateway([say("I am here."), say("You said hello.")]);
  const first = await bench.client.chat.completions
    .create({ model: MODEL, messages: [userMessage("Hello.")] })
    .withResponse();
  const id = String(first.response.headers.get(CONVERSATION));
  const second = await bench.client.chat.completions
    .create(
      { model: MODEL, messages: [userMessage("Hello."), userMessage("What did I say?")] },
      { headers: { [CONVERSATION]: id.replaceAll("-", "") } },
    )
    .withResponse();
  expect(second.data.choices[0]?.message.content).toBe("You said hello.");
  expect(second.response.headers.get(CONVERSATION)).toBe(id);
  expect(second.data.usage?.prompt_tokens).toBe(200);
  expect(wordsIn(bench.requests[1], "user")).toEqual(["Hello.", "What did I say?"]);
  expect(await bench.server.conversations.count()).toBe(1);
});

it("begins a conversation under the id of the header; two at once are one conversation, and both are answered", async () => {
  await using bench = await openGateway(() => say("Hello to you."));
  const id = crypto.randomUUID();
  const ask = (words: string) =>
    bench.client.chat.completions.create(
      { model: MODEL, messages: [userMessage(words)] },
      { headers: { [CONVERSATION]: id } },
    );
  const answers = await Promise.all([ask("One."), ask("Two."), ask("Three.")]);
  expect(answers.map(({ choices }) => choices[0]?.message.content)).toEqual(Array(3).fill("Hello to you."));
  expect(await bench.server.conversations.count()).toBe(1);
  expect(await bench.server.conversations.events.count(id, { kind: "MessageEvent", source: "user" })).toBe(3);
});

it("adds the words of system and developer to the system prompt, and sends the last message of the user alone", async () => {
  await using bench = await openGateway([say("Done.")]);
  await bench.client.chat.completions.create({
    model: MODEL,
    messages: [
      { role: "system", content: "Answer in verse." },
      userMessage("Old."),
      { role: "assistant", content: "Older." },
      {
        role: "developer",
        content: [
          { type: "text", text: "Be" },
          { type: "text", text: "brief." },
        ],
      },
      {
        role: "user",
        content: [
          { type: "text", text: "Look:" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
        ],
      },
      { role: "tool", tool_call_id: "x", content: "ignored" },
    ],
  });
  const [request] = bench.requests;
  expect(wordsIn(request, "system").join()).toContain("Answer in verse.\n\nBe\nbrief.");
  expect(wordsIn(request, "user").join()).toContain("Look:");
  expect(JSON.stringify(request?.messages)).not.toContain("Old");
  const { items } = await bench.server.conversations.events.search(
    (await bench.server.conversations.search()).items[0]?.id ?? "",
    { kind: "MessageEvent" },
  );
  expect(JSON.stringify(items)).toContain("data:image/png;base64,AAAA");
});

it("takes the requests of Open WebUI and LibreChat, fields of their own included", async () => {
  await using bench = await openGateway(() => say("Hello to you."));
  const webUi = await bench.post("/v1/chat/completions", {
    stream: true,
    model: MODEL,
    messages: [{ role: "system", content: "You are kind." }, userMessage("Hello.")],
    stream_options: { include_usage: true },
    temperature: 0.7,
    chat_id: "c",
    session_id: "s",
    features: { web_search: false },
    metadata: { task: "title_generation" },
  });
  expect(await webUi.text()).toContain('"content":"Hello to you."');
  const libreChat = await bench.post("/v1/chat/completions", {
    model: MODEL,
    user: "user-1",
    stream: true,
    messages: [{ role: "user", name: "ada", content: "hi how are you" }],
    presence_penalty: 0,
    tools: [],
    tool_choice: "auto",
  });
  expect(await libreChat.text()).toContain("data: [DONE]");
});

it("asks for a session key, as a bearer token or in the header", async () => {
  await using bench = await openGateway([say("Hello.")]);
  const request = { model: MODEL, messages: [userMessage("Hello.")] };
  const statusOf = async (headers: Record<string, string>) =>
    (await bench.post("/v1/chat/completions", request, headers)).status;
  expect(await statusOf({})).toBe(401);
  expect(await statusOf({ Authorization: "Bearer wrong" })).toBe(401);
  expect(await statusOf({ Authorization: KEY })).toBe(401);
  expect(await statusOf({ "X-Session-API-Key": KEY, Authorization: "Bearer wrong" })).toBe(200);
  const wrong = new OpenAI({ baseURL: bench.client.baseURL, apiKey: "wrong", maxRetries: 0 });
  await expect(wrong.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
});

it("refuses what it cannot serve before anything is stored, in the words of the reference and for OpenAI's clients", async () => {
  await using bench = await openGateway([]);
  const messages = [userMessage("Hello.")];
  const part = (one: object) => ({ model: MODEL, messages: [{ role: "user", content: [one] }] });
  const refusals: [object, number, string][] = [
    [{ model: "gpt-4o", messages }, 404, "Unknown OpenHands model 'gpt-4o'. Use GET /v1/models."],
    [{ model: "openhands_", messages }, 404, "Unknown OpenHands model 'openhands_'. Use GET /v1/models."],
    [{ model: "openhands_slow", messages }, 404, "Profile 'slow' not found"],
    [{ model: MODEL, messages: [] }, 400, "At least one user message is required"],
    [part({ type: "input_audio" }), 400, "Unsupported content part type: input_audio"],
    [part({ type: "image_url" }), 400, "image_url content part is missing a url"],
    [
      { model: MODEL, messages: [{ role: "system", content: "x".repeat(32_769) }, ...messages] },
      400,
      "System instructions are too long",
    ],
  ];
  for (const [request, status, detail] of refusals) {
    const answer = await bench.post("/v1/chat/completions", request);
    expect([answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([status, detail]);
  }
  const error = await bench.client.chat.completions
    .create({ model: "gpt-4o", messages })
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(OpenAI.NotFoundError);
  expect(error.message).toContain("Unknown OpenHands model 'gpt-4o'");
  expect(await bench.server.conversations.count()).toBe(0);
});

it("names the fault of a body or a header that is not valid", async () => {
  await using bench = await openGateway([]);
  const bodies: [unknown, Record<string, string>, unknown[]][] = [
    [{ messages: [] }, {}, ["body", "model"]],
    [{ model: MODEL, messages: [{ role: "robot", content: "x" }] }, {}, ["body", "messages", 0, "role"]],
    [{ model: MODEL, messages: [userMessage("x")] }, { [CONVERSATION]: "no-uuid" }, ["header", CONVERSATION]],
  ];
  for (const [body, headers, loc] of bodies) {
    const answer = await bench.post("/v1/chat/completions", body, { "X-Session-API-Key": KEY, ...headers });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ detail: [{ loc }] });
  }
  const odd = await bench.post(
    "/v1/chat/completions",
    { model: MODEL, messages: [userMessage("x")] },
    { "X-Session-API-Key": KEY, "X-OpenHands-Observability-Metadata": "{" },
  );
  expect([odd.status, ((await odd.json()) as { detail: string }).detail]).toEqual([
    422,
    "X-OpenHands-Observability-Metadata must be a JSON object",
  ]);
});

it("says with a status how a run has ended that is not finished", async () => {
  await using bench = await openGateway([fail("authentication")]);
  const failed = await bench.post("/v1/chat/completions", { model: MODEL, messages: [userMessage("x")] });
  expect([failed.status, await failed.json()]).toMatchObject([
    500,
    { exception: "500: Agent run ended with status: error" },
  ]);
});

it("answers 409 where the agent waits for its user, and goes on with the next message", async () => {
  await using bench = await openGateway([call("terminal", { command: "true" }), say("Then not.")], {
    tools: ["terminal"],
  });
  await bench.server.fetch(
    new Request("http://localhost/api/settings", {
      method: "PATCH",
      headers: { "X-Session-API-Key": KEY, "Content-Type": "application/json" },
      body: JSON.stringify({ conversation_settings_diff: { confirmation_mode: true, max_iterations: 7 } }),
    }),
  );
  const id = crypto.randomUUID();
  const ask = () =>
    bench.post(
      "/v1/chat/completions",
      { model: MODEL, messages: [userMessage("Go.")] },
      { "X-Session-API-Key": KEY, [CONVERSATION]: id },
    );
  const waiting = await ask();
  expect([waiting.status, ((await waiting.json()) as { detail: string }).detail]).toEqual([
    409,
    "Agent run ended with status: waiting_for_confirmation",
  ]);
  expect((await bench.server.conversations.get(id)).max_iterations).toBe(7);
  expect(await (await ask()).json()).toMatchObject({ choices: [{ message: { content: "Then not." } }] });
});

it("stores nothing where no run may start: the same request can be made again", async () => {
  const held = Promise.withResolvers<void>();
  await using bench = await openGateway(
    async ({ messages }) => {
      if (JSON.stringify(messages).includes("hold-the-run")) await held.promise;
      return say("Done.");
    },
    { maxConcurrentRuns: 1 },
  );
  const id = crypto.randomUUID();
  const ask = (words: string, headers: Record<string, string> = {}) =>
    bench.post(
      "/v1/chat/completions",
      { model: MODEL, messages: [userMessage(words)] },
      { "X-Session-API-Key": KEY, ...headers },
    );
  await ask("first", { [CONVERSATION]: id });
  const before = await bench.server.conversations.events.count(id);
  const holding = ask("hold-the-run");
  await expect.poll(() => bench.requests.length).toBe(2);
  const refused = [await ask("new"), await ask("again", { [CONVERSATION]: id })];
  expect(refused.map(({ status }) => status)).toEqual([429, 429]);
  expect(await refused[1]?.json()).toMatchObject({
    detail: "Conversation run limit reached. Retry the request later.",
    error: { type: "rate_limit_error" },
  });
  expect(await bench.server.conversations.events.count(id)).toBe(before);
  held.resolve();
  expect((await holding).status).toBe(200);
  expect((await ask("again", { [CONVERSATION]: id })).status).toBe(200);
});

it("lets the run go on when the client leaves", async () => {
  const held = Promise.withResolvers<void>();
  await using bench = await openGateway(async () => {
    await held.promise;
    return say("Done all the same.");
  });
  const id = crypto.randomUUID();
  const leaving = new AbortController();
  const asked = bench.client.chat.completions.create(
    { model: MODEL, messages: [userMessage("Go.")] },
    { headers: { [CONVERSATION]: id }, signal: leaving.signal },
  );
  await expect.poll(() => bench.requests.length).toBe(1);
  leaving.abort();
  await expect(asked).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
  held.resolve();
  await expect.poll(async () => (await bench.server.conversations.get(id)).execution_status).toBe("finished");
  expect(await bench.server.conversations.agentFinalResponse(id)).toBe("Done all the same.");
});
