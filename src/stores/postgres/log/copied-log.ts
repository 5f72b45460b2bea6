import { AgentServerError } from "../../../errors.ts";
import { nextPart, placeAfter, type SpanPlace } from "../../log-parts.ts";
import { unknownConversation } from "../../refusals.ts";
import type { CopiedEvents } from "../../store.ts";
import type { Access } from "../access.ts";
import { fromKept, toKept } from "../kept-text.ts";
import type { CopiedEnd } from "./merged-changes.ts";

/** Length of the texts that are copied by one statement. */
const PART_SIZE = 2 * 1024 * 1024;

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
  let next: SpanPlace = { span: 0, seq: 0 };
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

function refusal(reason: "unknown" | "late", { conversationId }: CopiedEvents): AgentServerError {
  if (reason === "unknown") return unknownConversation(conversationId);
  return new AgentServerError("unavailable", `A copy of conversation ${conversationId} took too long`);
}
