import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfiguration } from "agent-server";
import { say, startScriptedLlmServer } from "agent-server/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { parseTelemetry, withSettings } from "../../../src/cli/arguments/parse-telemetry.ts";
import { httpServer } from "../../mcp/http-server.ts";
import { parseFigures } from "../../telemetry/figures.ts";
import { PARENT, TRACE, TRACEPARENT } from "../../telemetry/tracing.ts";
import { type SpawnedServer, spawnCommand, spawnServer } from "../spawn-server.ts";

// Real commands, on machines that may be busy.
vi.setConfig({ testTimeout: 300_000 });

const PATIENCE = { timeout: 120_000, interval: 50 };
const SDK = { NODE_OPTIONS: `--import ${join(import.meta.dirname, "otlp-sdk.ts")}` };
const MODEL = 'agent_server_model_call_duration_seconds_count{model="openai/x"}';

function newFolder(): string {
  const cwd = mkdtempSync(join(tmpdir(), "agent-server-telemetry-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  return cwd;
}

async function spawned(args: string[], environment: Record<string, string>): Promise<SpawnedServer> {
  const server = await spawnServer({ cwd: newFolder(), args, environment });
  onTestFinished(() => void server.stop("SIGKILL"));
  return server;
}

/** Runs an agent with a model at a URL, as a client that has a trace. */
async function runAgent({ url }: SpawnedServer, model: string): Promise<void> {
  const answer = await fetch(`${url}/api/conversations`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent: TRACEPARENT, "x-request-id": "req-9" },
    body: JSON.stringify({
      agent: { llm: { model: "openai/x", base_url: model, api_key: "k" }, tools: [] },
      workspace: { working_dir: newFolder() },
      initial_message: { role: "user", content: [{ type: "text", text: "Go." }], run: true },
      autotitle: false,
    }),
  });
  expect(answer.status).toBe(201);
}

/** A receiver of spans, by OTLP over HTTP with JSON. */
async function spanReceiver() {
  const server = await httpServer(() => ({ json: {} }));
  onTestFinished(() => server[Symbol.asyncDispose]());
  interface Body {
    resourceSpans: { scopeSpans: { spans: { name: string; traceId: string; parentSpanId?: string }[] }[] }[];
  }
  const spans = () =>
    server.asked
      .filter(({ path }) => path === "/v1/traces")
      .flatMap(({ body }) => (JSON.parse(body) as Body).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
  return { url: server.url, spans };
}

const textOf = async (url: string) => (await fetch(`${url}/metrics`)).text();

describe("the command", () => {
  it("serves figures on a port, sends spans by OTLP and logs requests, by flags", async () => {
    const receiver = await spanReceiver();
    await using model = await startScriptedLlmServer([say("Done.")]);
    const args = ["--metrics-port", "0", "--tracing", "--access-log"];
    const server = await spawned(args, { ...SDK, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    await runAgent(server, model.url);
    const metrics = await vi.waitFor(() => {
      const place = /(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(server.stderr())?.[1];
      return place ?? Promise.reject(new Error(server.stderr()));
    }, PATIENCE);
    await vi.waitFor(async () => {
      expect(parseFigures(await textOf(metrics)).get(MODEL)).toBe(1);
      const names = receiver.spans().map(({ name }) => name);
      expect(names).toEqual(
        expect.arrayContaining(["POST /api/conversations", "invoke_agent Agent", "step", "chat x"]),
      );
      expect(server.stderr()).toMatch(/Request.*POST.*\/api\/conversations.*req-9/);
    }, PATIENCE);
    const request = receiver.spans().find(({ name }) => name === "POST /api/conversations");
    expect([request?.traceId, request?.parentSpanId]).toEqual([TRACE, PARENT]);
    const run = receiver.spans().find(({ name }) => name === "invoke_agent Agent");
    expect(run?.traceId).toBe(TRACE);
    expect(model.requests.some(({ headers }) => "traceparent" in headers)).toBe(false);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
  });

  it("does the same by variables, and goes on with the trace at a model that they name", async () => {
    const receiver = await spanReceiver();
    await using model = await startScriptedLlmServer([say("Done.")]);
    const server = await spawned([], {
      ...SDK,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      ...{ OH_METRICS: "1", OH_TRACING: "1", OH_ACCESS_LOG: "1" },
      OH_TRACING_MODEL_HOSTS_0: new URL(model.url).host,
    });
    await runAgent(server, model.url);
    await vi.waitFor(async () => {
      expect(parseFigures(await textOf(server.url)).get(MODEL)).toBe(1);
      expect(receiver.spans().map(({ name }) => name)).toContain("invoke_agent Agent");
      expect(server.stderr()).toMatch(/Request.*POST.*\/api\/conversations.*req-9/);
    }, PATIENCE);
    expect(String(model.requests[0]?.headers.traceparent)).toContain(TRACE);
  });

  it("does not start with traces that would go nowhere", async () => {
    const command = spawnCommand({
      cwd: newFolder(),
      args: ["--port", "0"],
      environment: { OH_TRACING: "1" },
    });
    await vi.waitFor(() => expect(command.process.exitCode).not.toBeNull(), PATIENCE);
    expect(command.process.exitCode).toBe(1);
    expect(command.stderr()).toContain("no SDK of OpenTelemetry is registered");
  });
});

describe("flags and variables together", () => {
  const settings = (environment: Record<string, string>) => {
    const { telemetry, options, warnings } = loadConfiguration({ environment });
    expect(warnings).toEqual([]);
    return { ...telemetry, accessLog: options.accessLog };
  };

  it("a port is enough for figures, a host of models for traces, and 0 switches both off", () => {
    expect(settings({})).toEqual({ metrics: undefined, tracing: undefined, accessLog: undefined });
    expect(settings({ OH_METRICS_PORT: "9464", OH_METRICS_HOST: "::1" }).metrics).toEqual({
      ...{ port: 9464, host: "::1" },
    });
    expect(settings({ OH_METRICS: "0", OH_METRICS_PORT: "9464" }).metrics).toBeUndefined();
    const hosts = { OH_TRACING_MODEL_HOSTS_0: "a", OH_TRACING_MODEL_HOSTS_1: "b:1" };
    expect(settings(hosts).tracing).toEqual({ modelHosts: ["a", "b:1"] });
    expect(settings({ ...hosts, OH_TRACING: "0" }).tracing).toBeUndefined();
    expect(() => settings({ OH_METRICS_PORT: "70000" })).toThrow(/^metrics_port: /);
    expect(settings({ OH_ACCESS_LOG: "1" }).accessLog).toBe(true);
  });

  it("what a flag says counts, and hosts of models add up", () => {
    const none = parseTelemetry({});
    expect(withSettings(none, { metrics: { port: 1 }, tracing: undefined })).toEqual({
      ...{ accessLog: false, metrics: { port: 1 }, tracing: undefined },
    });
    const flags = parseTelemetry({ "metrics-port": "2", "tracing-model-host": ["b"] });
    const both = withSettings(flags, { metrics: { port: 1, host: "::1" }, tracing: { modelHosts: ["a"] } });
    expect(both.metrics).toEqual({ port: 2, host: "::1" });
    expect(both.tracing).toEqual({ modelHosts: ["a", "b"] });
    expect(() => parseTelemetry({ "metrics-host": "::1" })).toThrow(/needs --metrics-port/);
  });
});
