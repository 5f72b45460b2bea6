import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Client, WireEvent } from "../../client.ts";
import { exchange, jsonOrText } from "../../exchange.ts";
import { finish, type Scenario, type Setting, think } from "../../scenario.ts";

interface Got {
  path: string;
  headers: Record<string, unknown>;
  body: unknown;
  status: number;
}

const TOLD = ["content-type", "x-session-api-key", "x-tenant"];
const DEADLINE_MS = 60_000;
const SILENCE_MS = 2_000;

/** A receiver that answers as it is asked to, by the number of the request. */
async function receiver(statusOf: (path: string, index: number) => number = () => 200) {
  const got: Got[] = [];
  let last = Date.now();
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    last = Date.now();
    const path = request.url ?? "";
    const status = statusOf(path, got.filter((one) => one.path === path).length);
    const headers = Object.fromEntries(TOLD.map((name) => [name, request.headers[name] ?? null]));
    got.push({ path, headers, body: jsonOrText(Buffer.concat(parts)), status });
    response.writeHead(status).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got,
    async silent(): Promise<void> {
      const deadline = Date.now() + DEADLINE_MS;
      last = Date.now();
      while (Date.now() - last < SILENCE_MS && Date.now() < deadline) await wait(100);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Receiver = Awaited<ReturnType<typeof receiver>>;

interface Place {
  ask(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }>;
  setting: Setting;
  receiver: Receiver;
}

/** Runs with a server whose conversations go to a receiver. */
async function withWebhook(
  setting: Setting,
  {
    variables = {},
    statusOf,
  }: { variables?: Record<string, string>; statusOf?: Parameters<typeof receiver>[0] },
  work: (place: Place) => Promise<void>,
): Promise<void> {
  const receiving = await receiver(statusOf);
  const server = await setting.another({
    OH_SESSION_API_KEYS_0: "the-first-key",
    OH_SESSION_API_KEYS_1: "the-second-key",
    OH_WEBHOOKS_0_BASE_URL: `${receiving.url}/hooks/`,
    OH_WEBHOOKS_0_HEADERS: '{"X-Tenant": "blue"}',
    OH_WEBHOOKS_0_EVENT_BUFFER_SIZE: "1",
    OH_WEBHOOKS_0_RETRY_DELAY: "0",
    ...variables,
  });
  try {
    const ask: Place["ask"] = async (method, path, body) => {
      const headers = { "X-Session-API-Key": "the-second-key" };
      const { status, bytes } = await exchange(server.url, { method, path, body, headers });
      return { status, body: jsonOrText(bytes) };
    };
    await work({ ask, setting, receiver: receiving });
  } finally {
    await server.stop();
    receiving.close();
  }
}

/** Starts a conversation and gives the path of its routes. */
async function start({ ask, setting }: Place, more: object = {}): Promise<string> {
  const llm = { model: "openai/scripted", api_key: "key", base_url: setting.base_url, usage_id: "default" };
  const { body } = await ask("POST", "/api/conversations", {
    autotitle: false,
    workspace: { working_dir: setting.workspace },
    agent: { kind: "Agent", llm, tools: [] },
    ...more,
  });
  return `/api/conversations/${(body as { id: string }).id}`;
}

const MESSAGE = { role: "user", content: [{ type: "text", text: "Go." }] };

/** Waits until a receiver has the state after a run, and nothing comes any more. */
async function received({ receiver: { got, silent } }: Place): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  const isOver = ({ key, value }: WireEvent) =>
    key === "full_state" && (value as { execution_status: string }).execution_status === "finished";
  const events = () =>
    got.flatMap(({ path, body }) => (path.includes("/events/") ? (body as WireEvent[]) : []));
  while (!events().some(isOver) && Date.now() < deadline) await wait(100);
  await silent();
}

async function finished({ ask }: Place, path: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const { body } = await ask("GET", path);
    if ((body as { execution_status: string }).execution_status === "finished") return;
    if (Date.now() > deadline) throw new Error("the run does not end");
    await wait(200);
  }
}

/** Of whole states and figures only that there are some: how often they are told is a matter of timing. */
function noteEvents(client: Client, call: string, { got }: Receiver): void {
  const batches = got.filter(({ path, status }) => path.includes("/events/") && status < 300);
  const events = batches.flatMap(({ body }) => body as WireEvent[]);
  client.noted.push({
    call,
    paths: [...new Set(batches.map(({ path }) => path))],
    headers: batches[0]?.headers,
    first: events[0]?.key,
    last: events.at(-1)?.key,
    events: events.filter(({ key }) => key !== "full_state" && key !== "stats"),
  });
}

function noteAnnouncements(client: Client, call: string, { got }: Receiver): void {
  const announcements = got.filter(({ path, status }) => path.endsWith("/conversations") && status < 300);
  client.noted.push({
    call,
    announcements: announcements.map(({ path, headers, body }) => ({ path, headers, body })),
  });
}

export const webhookScenarios: Scenario[] = [
  {
    name: "events of a run at a webhook",
    script: [think("Hm."), finish],
    drive: (client, setting) =>
      withWebhook(setting, {}, async (place) => {
        const path = await start(place, { initial_message: MESSAGE });
        await finished(place, path);
        await received(place);
        noteEvents(client, "events", place.receiver);
      }),
  },
  {
    name: "announcements of a conversation",
    script: [finish],
    drive: (client, setting) =>
      withWebhook(setting, {}, async (place) => {
        const path = await start(place, {
          secrets: { TOKEN: { kind: "StaticSecret", value: "tok-1234567890" } },
        });
        const step = async (method: string, suffix: string, body?: object) => {
          const { status } = await place.ask(method, path + suffix, body);
          client.noted.push({ call: `${method} ~${suffix}`, status });
          await place.receiver.silent();
        };
        await place.receiver.silent();
        await step("PATCH", "", { title: "A name" });
        await step("PATCH", "", { tags: { team: "blue" } });
        await step("POST", "/pause");
        await step("POST", "/interrupt");
        await step("POST", "/events", { ...MESSAGE, run: true });
        await finished(place, path);
        await step("POST", "/fork", {});
        await step("DELETE", "");
        await step("DELETE", "");
        noteAnnouncements(client, "announcements", place.receiver);
      }),
  },
  {
    name: "a webhook that takes the third attempt",
    script: [finish],
    drive: (client, setting) =>
      withWebhook(setting, { statusOf: (_path, index) => (index < 2 ? 500 : 200) }, async (place) => {
        const path = await start(place);
        await place.receiver.silent();
        const { got } = place.receiver;
        const repeated = got.filter(({ path: at }) => at.endsWith("/conversations"));
        client.noted.push({
          call: "attempts",
          statuses: repeated.map(({ status }) => status),
          same: repeated.every(({ body }) => JSON.stringify(body) === JSON.stringify(repeated[0]?.body)),
        });
        await place.ask("DELETE", path);
      }),
  },
  {
    name: "a webhook that never takes anything",
    script: [finish],
    drive: (client, setting) =>
      withWebhook(
        setting,
        { statusOf: () => 404, variables: { OH_WEBHOOKS_0_NUM_RETRIES: "1" } },
        async (place) => {
          await start(place);
          await place.receiver.silent();
          const { got } = place.receiver;
          client.noted.push({
            call: "attempts",
            announcements: got.filter(({ path }) => path.endsWith("/conversations")).length,
          });
        },
      ),
  },
  {
    name: "batches of a webhook",
    script: [think("One."), think("Two."), finish],
    drive: (client, setting) =>
      withWebhook(
        setting,
        { variables: { OH_WEBHOOKS_0_EVENT_BUFFER_SIZE: "4", OH_WEBHOOKS_0_FLUSH_DELAY: "5" } },
        async (place) => {
          const path = await start(place, { initial_message: MESSAGE });
          await finished(place, path);
          await received(place);
          const sizes = place.receiver.got
            .filter(({ path: at }) => at.includes("/events/"))
            .map(({ body }) => (body as unknown[]).length);
          client.noted.push({ call: "sizes", areBounded: sizes.every((size) => size <= 4) });
          noteEvents(client, "events", place.receiver);
        },
      ),
  },
];
