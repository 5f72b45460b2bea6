import { type TracerProvider, trace } from "@opentelemetry/api";
import type { Observer } from "../observing/observer.ts";
import {
  modelCallSpan,
  runSpan,
  stepSpan,
  takeoverSpan,
  toolCallSpan,
} from "./opentelemetry/gen-ai-spans.ts";
import { outgoingSpan, requestSpan } from "./opentelemetry/http-spans.ts";
import { Spans } from "./opentelemetry/spans.ts";
import { extractContext } from "./opentelemetry/trace-context.ts";

/** Options of `openTelemetry`. */
export interface OpenTelemetryOptions {
  /** Makes the spans. Default: what the SDK of the process has registered; without one there are none. */
  tracerProvider?: TracerProvider;
  /**
   * Whether spans hold what people, models and tools have said, and the messages of errors. Secret values are hidden,
   * and long texts are cut. Default: false.
   */
  content?: boolean;
  /**
   * Hosts of models at which a trace goes on, such as `["gateway.internal"]`, with their port where it is not that of
   * the protocol. `"*"` stands for all. Default: none, because providers of models are strangers.
   */
  modelHosts?: readonly string[];
}

/** Name of the instrumentation, by which backends group spans. */
const SCOPE = "agent-server";

/**
 * Traces a server with OpenTelemetry, by its conventions for GenAI: request, run, step, call of a model or of a tool, and
 * the requests that these make. A trace begins with its client, if it sends `traceparent`, and goes on at MCP servers,
 * webhooks, remote workspaces, the other servers of a cluster and the models of `modelHosts`. It needs the package
 * `@opentelemetry/api`, and an SDK that sends the spans somewhere.
 *
 * @example
 * ```ts
 * import { createServer } from "agent-server";
 * import { openTelemetry } from "agent-server/opentelemetry";
 *
 * const server = createServer({ apiKeys: ["my-key"], observers: [openTelemetry()] });
 * ```
 */
export function openTelemetry({
  tracerProvider,
  content = false,
  modelHosts = [],
}: OpenTelemetryOptions = {}): Observer {
  const known = new Set(modelHosts.map((host) => host.toLowerCase()));
  const isKnown = ({ host }: URL) => known.has("*") || known.has(host);
  const spans = new Spans((tracerProvider ?? trace).getTracer(SCOPE), content);
  return {
    // A span of the host, which has read the headers itself, comes first.
    request: (begun) => spans.begin(requestSpan(begun, spans.active ?? extractContext(begun.header))),
    run: (begun) => spans.begin(runSpan(begun)),
    step: (begun) => spans.begin(stepSpan(begun)),
    modelCall: (begun) => spans.begin(modelCallSpan(begun)),
    toolCall: (begun) => spans.begin(toolCallSpan(begun)),
    takeover: (begun) => spans.begin(takeoverSpan(begun)),
    outgoing: (begun) => spans.begin(outgoingSpan(begun)),
    traceHeaders: ({ to, url }) => (to === "model" && !isKnown(url) ? {} : spans.headers()),
  };
}
