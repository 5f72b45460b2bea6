/**
 * A process: three of our built servers that differ in nothing but what watches them: nothing; figures for Prometheus and
 * a log of requests by pino; these and all spans, sent by OTLP. Arguments: the folder of the build, a URL that takes
 * spans.
 */
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import pino from "pino";
import type * as AgentServer from "../../../../src/index.ts";
import type * as NodeAdapter from "../../../../src/node/index.ts";
import type * as Tracing from "../../../../src/telemetry/opentelemetry.ts";
import type * as Prometheus from "../../../../src/telemetry/prometheus.ts";
import { answerBench } from "../../child.ts";
import { scriptedReply } from "../scripted-reply.ts";

const [dist = "", spans = ""] = process.argv.slice(2);
const { createServer, sqliteStore } = await built<typeof AgentServer>("index.js");
const { toNodeHandler } = await built<typeof NodeAdapter>("node.js");
const { prometheus } = await built<typeof Prometheus>("prometheus.js");
const { openTelemetry } = await built<typeof Tracing>("opentelemetry.js");

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const exporter = new OTLPTraceExporter({ url: spans });
// No span is dropped: it would cost nothing.
const processor = new BatchSpanProcessor({ exporter, maxQueueSize: 1_000_000 });
const tracerProvider = new TracerProvider({ spanProcessors: [processor] });

interface Side {
  server: AgentServer.AgentServer;
  port: Server;
  /** Requests so far. */
  requests: number;
  /** What the run of this moment waits for. */
  run: { steps: number; asked: number; finished(): void } | undefined;
}

/** What watches a server. */
export type Watch = "nothing" | "figures" | "everything";

const sides = new Map<Watch, Side>();

answerBench(async (message) => {
  const side = sides.get(message.watch as Watch) ?? (await open(message.watch as Watch, message));
  switch (message.do) {
    case "address":
      return `http://127.0.0.1:${(side.port.address() as AddressInfo).port}`;
    case "steps":
      return runSteps(side, message);
    case "usage":
      await processor.forceFlush();
      return { ...processorMs(), requests: side.requests };
    default:
      throw new Error(`unknown: ${String(message.do)}`);
  }
});

async function open(watch: Watch, { folder }: Record<string, unknown>): Promise<Side> {
  const base = join(String(folder), watch);
  const isWatched = watch !== "nothing";
  const server = createServer({
    keyless: "loopback",
    logger: isWatched ? pino(pino.destination({ dest: "/dev/null", sync: false })) : "silent",
    conversationsPath: base,
    store: sqliteStore({ path: `${base}.db`, durability: "process" }),
    createLlm: () => ({ complete: async () => nextReply(side) }),
    ...(isWatched && { metrics: prometheus(), accessLog: true }),
    ...(watch === "everything" && { observers: [openTelemetry({ tracerProvider })] }),
  });
  const handler = toNodeHandler(server);
  const port = createHttpServer((request, response) => {
    side.requests += 1;
    void handler(request, response);
  });
  const side: Side = { server, port, requests: 0, run: undefined };
  await new Promise<void>((listening) => port.listen(0, "127.0.0.1", listening));
  sides.set(watch, side);
  return side;
}

/** Milliseconds of the processor for a run of so many steps, each of which calls a tool that does nothing. */
async function runSteps(side: Side, { steps, folder }: Record<string, unknown>): Promise<number> {
  const { conversation } = await side.server.conversations.create({
    autotitle: false,
    max_iterations: Number(steps),
    agent: { llm: { model: "scripted" }, tools: [] },
    workspace: { working_dir: String(folder) },
  });
  const before = process.cpuUsage();
  const finished = new Promise<void>((resolve) => {
    side.run = { steps: Number(steps), asked: 0, finished: resolve };
  });
  await conversation.sendMessage("Go on.");
  await finished;
  await conversation.settled();
  await processor.forceFlush();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function nextReply(side: Side) {
  const { run } = side;
  if (run === undefined) throw new Error("no run");
  run.asked += 1;
  if (run.asked === run.steps) run.finished();
  return scriptedReply(run.asked, run.steps);
}

function processorMs(): { processorMs: number } {
  const { user, system } = process.cpuUsage();
  return { processorMs: (user + system) / 1_000 };
}

async function built<T>(file: string): Promise<T> {
  return (await import(join(dist, file))) as T;
}
