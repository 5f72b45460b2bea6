import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore, type ServerOptions } from "agent-server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { buildServer } from "../../examples/01-standalone.ts";
import { buildApp as buildExpress } from "../../examples/02-express.ts";
import { buildApp as buildKoa } from "../../examples/03-koa.ts";
import { buildApp as buildFastify } from "../../examples/04-fastify.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "agent-server-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const options = (): ServerOptions => ({
  store: memoryStore(),
  conversationsPath: join(folder, "conversations"),
  logger: "silent",
});

interface Place {
  url: string;
  headers?: Record<string, string>;
}

it("01-standalone serves a conversation from task to end", async () => {
  await using server = buildServer(options());
  const { url } = await server.listen(0);
  await tour("standalone", { url });
});

it("02-express serves its own page and, below /agents, a conversation", async () => {
  const server = await listen(buildExpress(options()));
  const url = urlOf(server);
  expect(await (await fetch(url)).text()).toContain("This is the app");
  await tour("express", { url: `${url}/agents`, headers: { "X-Session-API-Key": "my-key" } });
  await close(server);
});

it("03-koa serves a conversation to either key below /agents, and its own answer to everything else", async () => {
  const server = await listen(buildKoa(options()).callback());
  const url = urlOf(server);
  for (const path of ["/", "/health", "/docs"])
    expect(await (await fetch(url + path)).text()).toContain("This is the app");
  await tour("koa", { url: `${url}/agents`, headers: { "X-Session-API-Key": "second-key" } });
  await close(server);
});

it("04-fastify serves a conversation to whoever its own login lets in", async () => {
  const app = buildFastify(options());
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  expect((await fetch(`${url}/agents/api/conversations/count`)).status).toBe(401);
  await tour("fastify", { url: `${url}/agents`, headers: { Authorization: "Bearer my-login" } });
  await app.close();
});

/** The first thing a user does: post a task, watch the socket, read the answer. */
async function tour(name: string, { url, headers = {} }: Place): Promise<void> {
  const workingDir = join(folder, name);
  const created = await fetch(`${url}/api/conversations`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({
      agent: {
        llm: { model: "demo/tour" },
        tools: [{ name: "terminal" }, { name: "file_editor" }, { name: "task_tracker" }],
      },
      workspace: { working_dir: workingDir },
      initial_message: { content: [{ type: "text", text: "Have a look around." }] },
    }),
  });
  expect(created.status).toBe(201);
  const { id } = (await created.json()) as { id: string };
  const kinds = await watch(`${url.replace("http", "ws")}/sockets/events/${id}?resend_mode=all`, headers);
  expect(kinds[0]).toBe("ConversationStateUpdateEvent");
  expect(kinds).toEqual(expect.arrayContaining(["MessageEvent", "ActionEvent", "ObservationEvent"]));
  expect(await readFile(join(workingDir, "NOTES.md"), "utf8")).toContain("Notes");
  const answer = await fetch(`${url}/api/conversations/${id}/agent_final_response`, { headers });
  expect(((await answer.json()) as { response: string }).response).toContain("tour");
}

/** Kinds of the events up to the one that says the agent has finished. */
async function watch(url: string, headers: Record<string, string>): Promise<string[]> {
  const socket = new WebSocket(url, { headers });
  const kinds: string[] = [];
  await new Promise<void>((done, fail) => {
    socket.on("error", fail);
    socket.on("close", () => fail(new Error(`closed after ${kinds.join(", ")}`)));
    socket.on("message", (data) => {
      const event = JSON.parse(String(data)) as { kind: string; key?: string; value?: unknown };
      kinds.push(event.kind);
      if (event.key === "execution_status" && event.value === "finished") done();
    });
  });
  socket.terminate();
  return kinds;
}

async function listen(handler: RequestListener): Promise<Server> {
  const server = createServer(handler).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function urlOf(server: Server): string {
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
