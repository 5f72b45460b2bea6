import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineTool } from "agent-server";
import { call, crashPoints, say, scriptedLlm, type TestServer } from "agent-server/testing";
import { expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { spawnServer } from "../cli/spawn-server.ts";
import { type Receiver, startReceiver } from "../webhooks/receiver.ts";

/** Ids of the stored events that a receiver has, each once, in the order in which it first took them. */
function idsAt(receiver: Receiver): string[] {
  const stored = receiver.events().filter(({ key }) => key !== "full_state");
  return [...new Set(stored.map(({ id }) => id))];
}

interface Page {
  items: { id: string }[];
}

async function idsOf(get: (path: string) => Promise<Response>): Promise<string[]> {
  const read = async (path: string) => (await (await get(`/api/conversations/${path}`)).json()) as Page;
  const [conversation] = (await read("search")).items;
  if (conversation === undefined) return [];
  return (await read(`${conversation.id}/events/search?limit=100`)).items.map(({ id }) => id);
}

it("a server killed at any commit of a turn has lost no message for a webhook, and keeps their order", async () => {
  let receiver = await startReceiver();
  const tool = defineTool({
    name: "deploy",
    description: "Deploys a version",
    input: z.object({}),
    annotations: { idempotentHint: true },
    run: () => "deployed",
  });
  const { points } = await crashPoints({
    setup: async () => {
      receiver = await startReceiver();
      return {
        llm: scriptedLlm([call("deploy", {}), say("Done.")], { position: "prompt" }),
        tools: [tool],
        patience: 60_000,
        webhooks: [{ baseUrl: receiver.url, eventBufferSize: 2, flushDelay: 0.05, retryDelay: 0 }],
      };
    },
    messages: ["Go."],
    outcome: async (server: TestServer) => {
      const get = (path: string) => server.fetch(new Request(`http://localhost${path}`));
      const ids = await idsOf(get);
      await receiver.until(() => idsAt(receiver).length >= ids.length);
      return idsAt(receiver).join() === ids.join() ? "all, in order" : { ids, received: idsAt(receiver) };
    },
  });
  expect(points).toBeGreaterThan(8);
}, 300_000);

it("kill -9 while a webhook is down loses nothing: the next start sends it", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "agent-server-webhooks-"));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  const receiver = await startReceiver();
  receiver.answer = () => 500;
  const environment = {
    OH_WEBHOOKS_0_BASE_URL: `${receiver.url}/api`,
    OH_WEBHOOKS_0_EVENT_BUFFER_SIZE: "1",
    OH_WEBHOOKS_0_NUM_RETRIES: "0",
    OH_WEBHOOKS_0_HEADERS: '{"X-Tenant":"blue"}',
  };
  const first = await spawnServer({ cwd, environment });
  const started = await fetch(`${first.url}/api/conversations`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      agent: { llm: { model: "demo/tour" }, tools: [] },
      workspace: { working_dir: join(cwd, "project") },
      initial_message: { role: "user", content: [{ type: "text", text: "Hi." }] },
    }),
  });
  expect(started.status).toBe(201);
  const over = async () => {
    const { items } = (await (await fetch(`${first.url}/api/conversations/search`)).json()) as {
      items: { execution_status: string }[];
    };
    return items[0]?.execution_status;
  };
  await expect.poll(over, { timeout: 60_000 }).toBe("finished");
  await receiver.until(() => receiver.requests.length > 0);
  await first.stop("SIGKILL");
  expect(receiver.taken).toEqual([]);

  receiver.answer = () => 200;
  const second = await spawnServer({ cwd, environment });
  try {
    const ids = await idsOf((path) => fetch(second.url + path));
    await receiver.until(() => idsAt(receiver).length >= ids.length);
    expect(idsAt(receiver)).toEqual(ids);
    expect(receiver.taken[0]?.headers["x-tenant"]).toBe("blue");
    await receiver.until(() => receiver.taken.some(({ path }) => path === "/api/conversations"));
  } finally {
    await second.stop("SIGKILL");
  }
}, 120_000);
