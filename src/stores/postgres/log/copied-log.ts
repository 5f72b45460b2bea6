import { AgentServerError } from "../../../errors.ts";
import { unknownConversation } from "../../refusals.ts";
import type { CopiedEvents, LogSpan } from "../../store.ts";
import type { Access } from "../access.ts";
import { fromKept, toKept } from "../kept-text.ts";
import type { CopiedEnd } from "./merged-changes.ts";

/** Events, and length of their texts, that are copied by one statement. */
const PART_EVENTS = 500;
const PART_SIZE = 2 * 1024 * 1024;

/** The place of the next part: a span by its index, and the place in the source up to which all is copied. */
interface Next {
  readonly span: number;
  readonly seq: number;
}

type Begun = { source: string; key: string } | { reason: "unknown" };

type Part =
  | { count: number; reached: string; late: number | null; last: number | null }
  | { reason: "unknown" | "late" };

/**
 * Copies events under a key that no conversation has yet, in parts that hold up nothing else. What a crash leaves of
 * them is deleted, because the key is among those of removed logs.
 */
export async function copyLog(access: Access, from: CopiedEvents): Promise<CopiedEnd> {
  const sourceId = toKept(from.conversationId);
  const begun = await access.write<Begun>({ name: "begin_copy_1", values: [sourceId] });
  if ("reason" in begun) throw unknownConversation(from.conversationId);
  let end: CopiedEnd = { key: begun.key, eventCount: 0, reached: "", lastLate: -1 };
  let next: Next = { span: 0, seq: 0 };
  while (next.span < from.spans.length) {
    const spans = nextPart(from.spans, next);
    const place = [JSON.stringify(spans), end.eventCount, toKept(end.reached), PART_SIZE];
    const part = await access.write<Part>({
      name: "copy_part_1",
      values: [sourceId, begun.source, begun.key, ...place],
    });
    if ("reason" in part) throw refusal(part.reason, from);
    end = {
      key: begun.key,
      eventCount: end.eventCount + part.count,
      reached: fromKept(part.reached),
      lastLate: part.late ?? end.lastLate,
    };
    next = placeAfter(from.spans, next, part.last ?? spans.at(-1)?.last ?? -1);
  }
  return end;
}

/** The next spans, which have at most `PART_EVENTS` places. */
function nextPart(spans: readonly LogSpan[], next: Next): LogSpan[] {
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

function placeAfter(spans: readonly LogSpan[], next: Next, last: number): Next {
  let { span } = next;
  while ((spans[span]?.last ?? Number.POSITIVE_INFINITY) <= last) span += 1;
  return { span, seq: last + 1 };
}

function refusal(reason: "unknown" | "late", { conversationId }: CopiedEvents): AgentServerError {
  if (reason === "unknown") return unknownConversation(conversationId);
  return new AgentServerError("unavailable", `A copy of conversation ${conversationId} took too long`);
}
