import {
  type Attributes,
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { WorkWatch } from "../../observing/observer.ts";
import { ActiveContext } from "./active-context.ts";
import { injectedHeaders } from "./trace-context.ts";

/** A span that begins. */
export interface SpanBegun<End> {
  name: string;
  /** Default: internal. */
  kind?: SpanKind;
  attributes: Attributes;
  /** Default: the active span. */
  parent?: Context;
  /** Describes how it has ended. `error` names what went wrong. */
  ended(end: End): { attributes?: Attributes; error?: string };
  /** The words that were said, by the names of attributes. The span waits for it. Default: nothing. */
  said?(end: End | undefined): Record<string, (() => Promise<string>) | undefined>;
}

/** Makes spans of pieces of work. */
export class Spans {
  readonly #tracer: Tracer;
  readonly #hasContent: boolean;
  readonly #active = new ActiveContext();

  constructor(tracer: Tracer, hasContent: boolean) {
    this.#tracer = tracer;
    this.#hasContent = hasContent;
  }

  /** The context of the span that is active; undefined outside of every span. */
  get active(): Context | undefined {
    const context = this.#active.get();
    return trace.getSpan(context) === undefined ? undefined : context;
  }

  /** The headers with which another server continues the active span. */
  headers(): Record<string, string> {
    return injectedHeaders(this.#active.get());
  }

  begin<End>({
    name,
    kind = SpanKind.INTERNAL,
    attributes,
    parent,
    ...rest
  }: SpanBegun<End>): WorkWatch<End> {
    const around = parent ?? this.#active.get();
    const span = this.#tracer.startSpan(name, { kind, attributes }, around);
    const entered = trace.setSpan(around, span);
    return {
      around: (work) => this.#active.enter(entered, work),
      ended: (end) => {
        const { attributes: further = {}, error } = rest.ended(end);
        span.setAttributes(further);
        if (error !== undefined) fail(span, error);
        this.#end(span, rest.said?.(end));
      },
      failed: (error) => {
        // The message may quote what was said.
        fail(span, nameOf(error), this.#hasContent && error instanceof Error ? error.message : undefined);
        this.#end(span, rest.said?.(undefined));
      },
    };
  }

  #end(span: Span, said: ReturnType<NonNullable<SpanBegun<unknown>["said"]>> = {}): void {
    if (this.#hasContent && span.isRecording()) void endWith(span, said, performance.now());
    else span.end();
  }
}

function fail(span: Span, type: string, message?: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** Ends a span at a moment that has passed, with what was said by then. What cannot be masked is left out. */
async function endWith(
  span: Span,
  said: Record<string, (() => Promise<string>) | undefined>,
  moment: number,
): Promise<void> {
  for (const [name, tell] of Object.entries(said)) {
    try {
      if (tell !== undefined) span.setAttribute(name, await tell());
    } catch {
      // A conversation that is closed has no secrets to mask any more: nothing of it is shown.
    }
  }
  span.end(moment);
}
