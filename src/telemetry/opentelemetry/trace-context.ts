import {
  type Context,
  createTraceState,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type TextMapPropagator,
  TraceFlags,
  trace,
} from "@opentelemetry/api";

const TRACEPARENT = "traceparent";
const TRACESTATE = "tracestate";
/** Version, id of the trace, id of the parent, flags. Later versions may have more behind that. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** The version that no header may have. */
const NO_VERSION = "ff";
/** Characters that a list of vendors may have: twice what every party must pass on. */
const MAX_STATE = 1_024;

type Header = (name: string) => string | null;

/** Continues the trace of a request, as the propagator of the host reads its headers, or by W3C Trace Context. */
export function extractContext(header: Header): Context {
  return propagatorOfHost().extract(ROOT_CONTEXT, header, {
    get: (carrier, name) => carrier(name) ?? undefined,
    keys: () => [],
  });
}

/** The headers with which another server continues a trace. */
export function injectedHeaders(context: Context): Record<string, string> {
  const headers: Record<string, string> = {};
  propagatorOfHost().inject(context, headers, {
    set(carrier, name, value) {
      carrier[name.toLowerCase()] = value;
    },
  });
  return headers;
}

/** Hosts that have registered no propagator have one without fields. */
function propagatorOfHost(): Pick<TextMapPropagator, "extract" | "inject"> {
  return propagation.fields().length > 0 ? propagation : w3c;
}

const w3c: Pick<TextMapPropagator, "extract" | "inject"> = {
  inject(context, carrier, { set }) {
    const span = trace.getSpanContext(context);
    if (span === undefined || !isSpanContextValid(span)) return;
    const flags = span.traceFlags.toString(16).padStart(2, "0");
    set(carrier, TRACEPARENT, `00-${span.traceId}-${span.spanId}-${flags}`);
    const state = span.traceState?.serialize() ?? "";
    if (state !== "") set(carrier, TRACESTATE, state);
  },
  extract(context, carrier, { get }) {
    const [, version, traceId = "", spanId = "", flags = "", more] =
      FORM.exec(String(get(carrier, TRACEPARENT))) ?? [];
    const isWrong =
      version === undefined || version === NO_VERSION || (version === "00" && more !== undefined);
    const sampled = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
    const span = { traceId, spanId, traceFlags: sampled, isRemote: true };
    if (isWrong || !isSpanContextValid(span)) return context;
    const state = get(carrier, TRACESTATE);
    const isKept = typeof state === "string" && state.length <= MAX_STATE;
    return trace.setSpanContext(context, {
      ...span,
      ...(isKept && { traceState: createTraceState(state) }),
    });
  },
};
