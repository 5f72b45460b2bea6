// Figures for Prometheus, traces, a log of requests. Run it with:  npm run example examples/32-observability.ts
import {
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { createServer, type Observer, type ServerOptions } from "agent-server";
import { openTelemetry } from "agent-server/opentelemetry";
import { prometheus } from "agent-server/prometheus";
import pino from "pino";

/** An observer of your own: it hears of every call of a tool, and of nothing else. */
function slowTools(report: (line: string) => void, limit = 10_000): Observer {
  return {
    toolCall({ tool, conversationId }) {
      const began = performance.now();
      const check = () => {
        const milliseconds = Math.round(performance.now() - began);
        if (milliseconds > limit) report(`${tool} took ${milliseconds} ms in ${conversationId}`);
      };
      return { ended: check, failed: check };
    },
  };
}

/** A real program registers its SDK before everything else, and `openTelemetry()` finds it. */
function buildTracing(processor: SpanProcessor): Observer {
  return openTelemetry({ tracerProvider: new TracerProvider({ spanProcessors: [processor] }) });
}

export function buildServer(
  options: ServerOptions = {},
  processor: SpanProcessor = new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() }),
) {
  const logger = options.logger ?? pino();
  return createServer({
    keyless: "loopback",
    // GET /metrics, for those who have a key. `prometheus({ port: 9464 })` has a separate port.
    metrics: prometheus(),
    observers: [buildTracing(processor), slowTools(console.warn)],
    accessLog: true,
    ...options,
    logger,
  });
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await buildServer().listen(Number(process.env.PORT ?? 8000));
  console.log(`Agent server on ${url}; its figures: ${url}/metrics`);
}
