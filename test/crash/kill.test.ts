import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type SpawnedServer, spawnServer } from "../cli/spawn-server.ts";

interface WireEvent {
  id: string;
  kind: string;
  key?: string;
  value?: unknown;
  action?: object;
  tool_call_id?: string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-crash-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("kill -9 at any event loses nothing that was published, answers open actions, and the conversation goes on", async () => {
  const whole = await runUntil({ name: "whole", events: Number.POSITIVE_INFINITY });
  await whole.server.stop();
  const stored = whole.seen.filter(isStored).length;
  expect(stored).toBeGreaterThan(10);

  for (let events = 1; events < stored; events += 1) {
    const { server, id, seen, cwd } = await runUntil({ name: `kill-${events}`, events });
    await server.stop("SIGKILL");
    const again = await spawnServer({ cwd });
    try {
      // Requests are answered while cut runs are repaired.
      await expect.poll(async () => (await fetch(`${again.url}/ready`)).status).toBe(200);
      await checkNothingLost(again.url, id, seen);
      await checkGoesOn(again.url, id);
    } finally {
      await again.stop("SIGKILL");
    }
  }
}, 900_000);

interface Cut {
  server: SpawnedServer;
  id: string;
  /** Stored events that came over the socket before the cut. */
  seen: WireEvent[];
  cwd: string;
}

/** Runs the demo conversation in a separate server and stops listening after this number of stored events. */
async function runUntil({ name, events }: { name: string; events: number }): Promise<Cut> {
  const cwd = await mkdtemp(join(folder, `${name}-`));
  const server = await spawnServer({ cwd });
  const created = await post(`${server.url}/api/conversations`, {
    agent: {
      llm: { model: "demo/tour" },
      tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
    },
    workspace: { working_dir: join(cwd, "project") },
  });
  const { id } = (await created.json()) as { id: string };
  const seen: WireEvent[] = [];
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/sockets/events/${id}`);
  await new Promise<void>((done, fail) => {
    socket.on("error", fail);
    socket.on("close", () => done());
    socket.on("message", (data) => {
      const event = JSON.parse(String(data)) as WireEvent;
      if (event.key === "full_state" && seen.length === 0) void startRun(server.url, id).catch(fail);
      if (isStored(event)) seen.push(event);
      if (seen.length >= events || hasFinished(event)) done();
    });
  });
  if (events === Number.POSITIVE_INFINITY) socket.close();
  else socket.removeAllListeners("close").on("error", () => undefined);
  return { server, id, seen, cwd };
}

async function startRun(url: string, id: string): Promise<void> {
  const content = [{ type: "text", text: "Have a look around." }];
  await post(`${url}/api/conversations/${id}/events`, { role: "user", content, run: true }).catch(
    () => undefined,
  );
}

async function checkNothingLost(url: string, id: string, seen: WireEvent[]): Promise<void> {
  const log = await allEvents(url, id);
  const ids = log.map((event) => event.id);
  expect(ids.slice(0, seen.length)).toEqual(seen.map((event) => event.id));
  const answered = new Set(
    log.filter((event) => event.kind !== "ActionEvent").map((event) => event.tool_call_id),
  );
  const open = log.filter((event) => event.kind === "ActionEvent" && !answered.has(event.tool_call_id));
  expect(open).toEqual([]);
  const { execution_status } = (await (await fetch(`${url}/api/conversations/${id}`)).json()) as {
    execution_status: string;
  };
  expect(["idle", "error", "finished"]).toContain(execution_status);
}

async function checkGoesOn(url: string, id: string): Promise<void> {
  await post(`${url}/api/conversations/${id}/events`, {
    content: [{ type: "text", text: "Please go on." }],
    run: true,
  });
  for (let tries = 0; tries < 400; tries += 1) {
    const { execution_status } = (await (await fetch(`${url}/api/conversations/${id}`)).json()) as {
      execution_status: string;
    };
    if (execution_status === "finished") return;
    await new Promise((done) => setTimeout(done, 25));
  }
  expect.unreachable("the conversation did not finish after the restart");
}

async function allEvents(url: string, id: string): Promise<WireEvent[]> {
  const page = await fetch(`${url}/api/conversations/${id}/events/search?limit=100`);
  return ((await page.json()) as { items: WireEvent[] }).items;
}

function post(url: string, body: object): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function isStored(event: WireEvent): boolean {
  return (
    event.key !== "full_state" && event.kind !== "StreamingDeltaEvent" && event.kind !== "ServerErrorEvent"
  );
}

function hasFinished(event: WireEvent): boolean {
  return event.key === "execution_status" && event.value === "finished";
}
