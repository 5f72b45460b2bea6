import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { type AddressInfo, createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, defineTool, memoryStore } from "agent-server";
import { type PrometheusOptions, prometheus } from "agent-server/prometheus";
import { call, createTestServer, fail, say, scriptedLlm, usage } from "agent-server/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { weather } from "../../examples/05-custom-tool.ts";
import { boundedLabel } from "../../src/telemetry/bounded-label.ts";
import { eventually, figuresOf, parseFigures } from "./figures.ts";

const METRICS = "http://localhost/metrics";

const quiet = () => ({ store: memoryStore(), logger: "silent", environment: {}, browser: false }) as const;

/** A tool that fails in two ways. */
const faulty = defineTool({
  name: "faulty",
  description: "Fails.",
  input: z.object({ how: z.enum(["reports", "throws"]) }),
  run({ how }) {
    if (how === "throws") throw new Error("broken");
    return { content: "no", is_error: true };
  },
});

describe("the figures of a run", () => {
  it("show its steps, its models, its tools and what was stored", async () => {
    const llm = scriptedLlm([
      [
        call("weather", { city: "Oslo" }),
        usage({ prompt_tokens: 100, completion_tokens: 7 }, { cost: 0.25 }),
      ],
      [say("21 °C."), usage({ prompt_tokens: 120, completion_tokens: 5, cache_read_tokens: 90 })],
    ]);
    await using server = await createTestServer({ llm, tools: [weather], metrics: prometheus() });
    const chat = await server.start("How warm is Oslo?");
    await chat.expectFinished();
    const figures = await eventually(async () => {
      const read = await figuresOf(server);
      expect(read.get('agent_server_run_duration_seconds_count{status="finished"}')).toBe(1);
      return read;
    });
    expect(figures.get("agent_server_step_duration_seconds_count")).toBe(2);
    expect(figures.get('agent_server_tool_call_duration_seconds_count{tool="weather"}')).toBe(1);
    expect(figures.get('agent_server_model_call_duration_seconds_count{model="scripted"}')).toBe(2);
    expect(figures.get('agent_server_model_tokens_total{model="scripted",type="input"}')).toBe(220);
    expect(figures.get('agent_server_model_tokens_total{model="scripted",type="output"}')).toBe(12);
    expect(figures.get('agent_server_model_tokens_total{model="scripted",type="cache_read"}')).toBe(90);
    expect(figures.get('agent_server_model_cost_dollars_total{model="scripted"}')).toBe(0.25);
    expect(figures.get("agent_server_store_events_total")).toBe(await server.store.events.count(chat.id, {}));
    expect(figures.get("agent_server_conversations_in_memory")).toBe(1);
    expect(figures.get("agent_server_runs_active")).toBe(0);
    expect(figures.get("agent_server_run_slots")).toBe(10);
    expect(figures.get("agent_server_cluster_sure")).toBeUndefined();
  });

  it("count the failures of models by their names and of tools by their kind", async () => {
    const llm = scriptedLlm([
      call("faulty", { how: "reports" }),
      call("faulty", { how: "throws" }),
      fail("authentication"),
    ]);
    await using server = await createTestServer({ llm, tools: [faulty], metrics: prometheus() });
    const chat = await server.start("Try.");
    await chat.expectFailed();
    await eventually(async () => {
      const figures = await figuresOf(server);
      expect(figures.get('agent_server_run_duration_seconds_count{status="error"}')).toBe(1);
      expect(figures.get('agent_server_tool_errors_total{tool="faulty",reason="reported"}')).toBe(1);
      expect(figures.get('agent_server_tool_errors_total{tool="faulty",reason="failed"}')).toBe(1);
      const failed = 'agent_server_model_errors_total{model="scripted",error="LLMAuthenticationError"}';
      expect(figures.get(failed)).toBe(1);
    });
  });

  it("have no ids of conversations and no names of users", async () => {
    const llm = scriptedLlm([say("Hello.")]);
    await using server = await createTestServer({ llm, metrics: prometheus() });
    const chat = await server.start("Hello?");
    await chat.expectFinished();
    const paths = [`/api/conversations/${chat.id}`, `/no/such/path/${chat.id}`];
    for (const path of paths) await server.fetch(new Request(`http://localhost${path}`));
    const text = await (await server.fetch(new Request(METRICS))).text();
    expect(text).toContain('route="/api/conversations/{conversation_id}",status="200"');
    expect(text).toContain('route="other",status="404"');
    expect(text).not.toContain(chat.id);
  });

  it("have the waits of SQLite for the disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "agent-server-metrics-"));
    const server = createServer({
      keyless: "loopback",
      conversationsPath: folder,
      createLlm: () => scriptedLlm([say("Hello.")]),
      metrics: prometheus(),
      logger: "silent",
      environment: {},
    });
    const { conversation } = await server.conversations.create({
      agent: { llm: { model: "scripted" }, tools: [] },
      workspace: { working_dir: folder },
    });
    await conversation.sendMessage("Hello?");
    await conversation.settled();
    const figures = await figuresOf(server);
    const syncs = figures.get("agent_server_store_sync_duration_seconds_count") ?? 0;
    const commits = figures.get("agent_server_store_commit_duration_seconds_count") ?? 0;
    expect(syncs).toBeGreaterThan(0);
    expect(commits).toBeGreaterThan(0);
    await server.close();
    await rm(folder, { recursive: true });
  });
});

describe("the figures of sockets", () => {
  it("count those that are open, and the codes of those that are closed", async () => {
    await using server = await createTestServer({ metrics: prometheus(), leakCheck: false });
    const { url } = await server.listen();
    const socket = new WebSocket(`${url.replace("http", "ws")}/sockets/bash-events`);
    await new Promise((opened) => socket.addEventListener("open", opened));
    await eventually(async () =>
      expect((await figuresOf(server)).get('agent_server_sockets_open{route="/sockets/bash-events"}')).toBe(
        1,
      ),
    );
    socket.close(1000);
    await eventually(async () => {
      const figures = await figuresOf(server);
      const closed = 'agent_server_sockets_closed_total{route="/sockets/bash-events",code="1000"}';
      expect(figures.get(closed)).toBe(1);
      expect(figures.get('agent_server_sockets_open{route="/sockets/bash-events"}')).toBeUndefined();
    });
    expect((await figuresOf(server)).get("agent_server_socket_lag_bytes")).toBe(0);
  });
});

describe("the place of the figures", () => {
  it("is a route that asks for a key", async () => {
    const server = createServer({ apiKeys: ["k"], metrics: prometheus(), ...quiet() });
    expect((await server.fetch(new Request(METRICS))).status).toBe(401);
    const admitted = await server.fetch(new Request(METRICS, { headers: { "x-session-api-key": "k" } }));
    expect(admitted.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    expect(await admitted.text()).toContain("# HELP agent_server_http_requests_total");
    expect(server.openapi().paths?.["/metrics"]?.get?.operationId).toBe("get_metrics_metrics_get");
    await server.close();
  });

  it("is not there without metrics", async () => {
    const server = createServer({ apiKeys: ["k"], ...quiet() });
    const asked = new Request(METRICS, { headers: { "x-session-api-key": "k" } });
    expect((await server.fetch(asked)).status).toBe(404);
    expect(server.openapi().paths?.["/metrics"]).toBeUndefined();
    await server.close();
  });

  it("is open where the host says so", async () => {
    const server = createServer({ apiKeys: ["k"], metrics: prometheus({ access: "open" }), ...quiet() });
    expect((await server.fetch(new Request(METRICS))).status).toBe(200);
    await server.close();
  });

  it("is closed on a server that is not configured yet, unless it is open", async () => {
    for (const [access, status] of [
      ["key", 503],
      ["open", 200],
    ] as const) {
      const server = createServer({
        secretKey: "s",
        deferredInit: true,
        metrics: prometheus({ access }),
        ...quiet(),
      });
      expect((await server.fetch(new Request(METRICS))).status).toBe(status);
      await server.close();
    }
  });

  it("is a port of its own for as long as the server listens", async () => {
    const port = await freePort();
    const metrics = prometheus({ port });
    const server = createServer({ apiKeys: ["k"], metrics, ...quiet() });
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
    const { url } = await server.listen(0);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const figures = parseFigures(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
    const health = 'agent_server_http_requests_total{method="GET",route="/health",status="200"}';
    expect(figures.get(health)).toBe(1);
    const asked = { headers: { "x-session-api-key": "k" } };
    expect((await fetch(`${url}/metrics`, asked)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${port}/api/conversations/search`)).status).toBe(404);
    await server.close();
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });

  it("on a port of loopback is kept from pages that reach it under another name", async () => {
    const port = await freePort();
    await using server = createServer({ apiKeys: ["k"], metrics: prometheus({ port }), ...quiet() });
    await server.listen(0);
    expect(await statusAs("evil.example", port)).toBe(403);
    expect(await statusAs(`localhost:${port}`, port)).toBe(200);
  });

  it("keeps a server from listening when its port is taken", async () => {
    const taken = createNetServer();
    await new Promise<void>((listening) => taken.listen(0, "127.0.0.1", listening));
    const { port } = taken.address() as AddressInfo;
    await using server = createServer({ apiKeys: ["k"], metrics: prometheus({ port }), ...quiet() });
    await expect(server.listen(0)).rejects.toThrow(String(port));
    await new Promise((closed) => taken.close(closed));
    const { url } = await server.listen(0);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
  });
});

describe("several servers", () => {
  it("of one process do not mix their figures", async () => {
    await using first = await createTestServer({
      metrics: prometheus({ labels: { server: "a" } }),
      leakCheck: false,
    });
    await using second = await createTestServer({ metrics: prometheus(), leakCheck: false });
    await first.fetch(new Request("http://localhost/health"));
    const health = 'method="GET",route="/health",status="200"';
    expect((await figuresOf(first)).get(`agent_server_http_requests_total{${health},server="a"}`)).toBe(1);
    expect((await figuresOf(second)).get(`agent_server_http_requests_total{${health}}`)).toBeUndefined();
  });

  it("cannot share one measurement", async () => {
    const metrics = prometheus();
    await using _ = createServer({ apiKeys: ["k"], metrics, ...quiet() });
    expect(() => createServer({ apiKeys: ["k"], metrics, ...quiet() })).toThrow(/another server/);
  });
});

async function freePort(): Promise<number> {
  const probe = createNetServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** The status of the figures under another name of the machine: `fetch` sets its own. */
function statusAs(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path: "/metrics", headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.on("error", reject).end();
  });
}

it("what limits of callers refuse is counted by the name of the limit", async () => {
  await using server = createServer({
    ...{ ...quiet(), metrics: prometheus({ access: "open" }), limits: { requestsPerMinute: 1 } },
    authenticate: () => ({ id: "ada" }),
  });
  const ask = () => server.fetch(new Request("http://localhost/api/conversations/count"));
  expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([200, 429, 429]);
  const text = await (await server.fetch(new Request(METRICS))).text();
  expect(parseFigures(text).get('agent_server_limited_total{limit="requests_per_minute"}')).toBe(2);
});

it("options that contradict each other are refused", () => {
  const wrong: [PrometheusOptions, RegExp][] = [
    [{ port: 70_000 }, /port must be/],
    [{ port: 9_464, access: "open" }, /access/],
    [{ host: "0.0.0.0" }, /host needs a port/],
    [{ access: "all" as "open" }, /access must be/],
  ];
  for (const [options, message] of wrong) expect(() => prometheus(options)).toThrow(message);
});

it("past the bound of a label, all further values are one", () => {
  const label = boundedLabel(2);
  expect(["a", "b", "c", "a", "d"].map(label)).toEqual(["a", "b", "other", "a", "other"]);
  expect(label("x".repeat(10_000))).toBe("other");
  expect(boundedLabel(1)("x".repeat(10_000))).toHaveLength(100);
});
