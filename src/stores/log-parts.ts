import type { LogSpan } from "./store.ts";

/** Places of a log that a part has at most, so that no part of a copy holds up other work. */
const PART_EVENTS = 500;

/** A place among the spans of a log: the index of one of them, and the place in the log before which all is done. */
export interface SpanPlace {
  readonly span: number;
  readonly seq: number;
}

/** The spans from a place on, as far as one part takes them. */
export function nextPart(spans: readonly LogSpan[], next: SpanPlace): LogSpan[] {
  const part: LogSpan[] = [];
  let room = PART_EVENTS;
  for (const span of spans.slice(next.span, next.span + PART_EVENTS)) {
    const first = Math.max(span.first, next.seq);
    const last = Math.min(span.last, first + room - 1);
    part.push({ first, last });
    room -= last - first + 1;
    if (room === 0) break;
  }
  return part;
}

/** The place behind the last event of a part. */
export function placeAfter(spans: readonly LogSpan[], { span: before }: SpanPlace, last: number): SpanPlace {
  let span = before;
  while ((spans[span]?.last ?? Number.POSITIVE_INFINITY) <= last) span += 1;
  return { span, seq: last + 1 };
}
