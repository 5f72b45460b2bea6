import type { Client } from "../../client.ts";
import { call, type Scenario } from "../../scenario.ts";

const CONVERSATION = "X-OpenHands-ServerConversation-ID";
const MODEL = "openhands_fast";
const HELLO = [{ role: "user", content: "Hello." }];

/** The profiles belong to the whole server, so nothing else may be at play. */
function scenario(
  name: string,
  script: Scenario["script"],
  drive: (client: Client) => Promise<void>,
): Scenario {
  return {
    name: `the gateway: ${name}`,
    script,
    alone: true,
    drive: async (client, { base_url }) => {
      const { body } = await client.quietly({ method: "GET", path: "/api/profiles" });
      for (const { name: one } of (body as { profiles: { name: string }[] }).profiles) {
        await client.quietly({ method: "DELETE", path: `/api/profiles/${one}` });
      }
      await client.quietly({
        method: "POST",
        path: "/api/profiles/fast",
        body: { llm: { model: "openai/scripted", api_key: "key", base_url }, include_secrets: true },
      });
      await drive(client);
    },
  };
}

/** Posts a request and notes the answer; the words of a stream are noted chunk by chunk. */
async function post(
  client: Client,
  path: string,
  body: object,
  headers?: Record<string, string>,
): Promise<string | undefined> {
  const { status, body: answer } = await client.quietly({
    method: "POST",
    path: `/v1/${path}`,
    body,
    headers,
  });
  const call = `${path} ${JSON.stringify(body).slice(0, 160)} ${Object.keys(headers ?? {}).join()}`;
  const shown = typeof answer === "string" ? answer.split("\n\n").map(parsed) : answer;
  client.noted.push({ call, status, shown: withoutTimes(shown) });
  return undefined;
}

function parsed(line: string): unknown {
  const data = line.replace(/^data: /, "");
  return data.startsWith("{") ? JSON.parse(data) : data;
}

/** Ids and moments are made up by each server; that there are such is compared. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (key === "id" && typeof item === "string") return [key, item.replace(/[0-9a-f]{32}$/, "<hex>")];
      if (/^(created|created_at|completed_at)$/.test(key) && item !== 0) return [key, typeof item];
      return [key, withoutTimes(item)];
    }),
  );
}

export const gatewayScenarios: Scenario[] = [
  scenario("models", [], async (client) => {
    await client.ask("GET", "/v1/models");
    for (const name of ["Zeta", "alpha"]) {
      await client.quietly({ method: "POST", path: `/api/profiles/${name}`, body: { llm: { model: "m" } } });
    }
    await client.ask("GET", "/v1/models");
    await client.ask("POST", "/v1/models");
    await client.ask("GET", "/v1/chat/completions");
    await client.ask("GET", "/v1/responses/resp_1");
  }),

  scenario("answers", [{ text: "Hello to you." }], async (client) => {
    await post(client, "chat/completions", { model: MODEL, messages: HELLO });
    await post(client, "chat/completions", { model: MODEL, messages: HELLO, stream: true });
    const stream_options = { include_usage: true };
    await post(client, "chat/completions", { model: MODEL, messages: HELLO, stream: true, stream_options });
    await post(client, "responses", { model: MODEL, input: "Hello." });
    await post(client, "responses", {
      model: MODEL,
      input: [...HELLO, { role: "assistant", content: "Hi." }, ...HELLO],
      instructions: "Be kind.",
      metadata: { team: "x" },
      temperature: 1,
    });
  }),

  scenario("goes on with a conversation", [{ text: "One." }, { text: "Two." }], async (client) => {
    const headers = { [CONVERSATION]: "00000000-0000-4000-8000-00000000aaaa" };
    await post(client, "chat/completions", { model: MODEL, messages: HELLO }, headers);
    await post(client, "chat/completions", { model: MODEL, messages: HELLO }, headers);
    await post(client, "chat/completions", { model: "openhands_gone", messages: HELLO }, headers);
    await post(client, "chat/completions", { model: MODEL, messages: HELLO }, { [CONVERSATION]: "no-uuid" });
    await client.quietly({ method: "DELETE", path: `/api/conversations/${headers[CONVERSATION]}` });
  }),

  scenario("refuses chats", [], async (client) => {
    const user = (content: unknown) => ({ model: MODEL, messages: [{ role: "user", content }] });
    const requests: object[] = [
      {},
      { model: MODEL },
      { model: 1, messages: HELLO },
      { model: "gpt-4o", messages: HELLO },
      { model: "openhands_", messages: HELLO },
      { model: "openhands_slow", messages: HELLO },
      { model: "openhands_../x", messages: HELLO },
      { model: MODEL, messages: [] },
      { model: MODEL, messages: [{ role: "system", content: "x" }] },
      { model: MODEL, messages: [{ role: "robot", content: "x" }] },
      { model: MODEL, messages: HELLO, stream: "maybe" },
      user([{ type: "input_audio" }]),
      user([{ type: "image_url" }]),
      user([{ text: "no type" }]),
      user(7),
      { model: MODEL, messages: [{ role: "system", content: "x".repeat(32_769) }, ...HELLO] },
    ];
    for (const request of requests) await post(client, "chat/completions", request);
    const odd = { "X-OpenHands-Observability-Metadata": "{" };
    await post(client, "chat/completions", { model: MODEL, messages: HELLO }, odd);
  }),

  scenario("refuses responses", [], async (client) => {
    const item = (part: object) => ({ input: [{ role: "user", content: [part] }] });
    const requests: object[] = [
      { input: "x", stream: true },
      { input: "x", store: true },
      { input: "x", previous_response_id: "resp_1" },
      { input: "" },
      { input: [] },
      { input: [{ role: "assistant", content: "x" }] },
      { input: [{ role: "tool", content: "x" }] },
      item({ type: "input_file" }),
      item({ type: "input_image" }),
      { input: "x", metadata: { a: 1 } },
      { input: "x", instructions: "x".repeat(32_769) },
      {},
    ];
    for (const request of requests) await post(client, "responses", { model: MODEL, ...request });
    await post(client, "responses", { model: "gpt-4o", input: "x" });
  }),

  scenario(
    "runs that do not finish",
    [{ error: { status: 401, message: "Incorrect API key" } }],
    async (client) => {
      await post(client, "chat/completions", { model: MODEL, messages: HELLO });
      await post(client, "responses", { model: MODEL, input: "x" });
    },
  ),

  scenario("agents that wait for their user", [call("terminal", { command: "true" })], async (client) => {
    const set = (confirmation_mode: boolean) =>
      client.quietly({
        method: "PATCH",
        path: "/api/settings",
        body: { conversation_settings_diff: { confirmation_mode } },
      });
    await set(true);
    await post(client, "chat/completions", { model: MODEL, messages: HELLO });
    await set(false);
  }),
];
