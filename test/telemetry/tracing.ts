import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { type OpenTelemetryOptions, openTelemetry } from "agent-server/opentelemetry";
import { eventually } from "./figures.ts";

/** The trace of a client, and its span. */
export const TRACE = "0af7651916cd43dd8448eb211c80319c";
export const PARENT = "b7ad6b7169203331";
export const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

/** A tracer whose spans stay in memory. */
export function tracing(options: Omit<OpenTelemetryOptions, "tracerProvider"> = {}) {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const spans = () => exporter.getFinishedSpans();
  const named = (name: string) => spans().filter((span) => span.name === name);
  const one = (name: string) =>
    eventually(() => {
      const [span, ...more] = named(name);
      if (span === undefined || more.length > 0) throw new Error(`${named(name).length} spans: ${name}`);
      return span;
    });
  return { tracerProvider, observers: [openTelemetry({ tracerProvider, ...options })], spans, named, one };
}

export const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId;
export const idOf = (span: ReadableSpan) => span.spanContext().spanId;

/** The header with which a receiver continues a span. */
export const headerOf = (span: ReadableSpan) => `00-${span.spanContext().traceId}-${idOf(span)}-01`;
