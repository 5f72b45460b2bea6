import { AgentServerError } from "../errors.ts";
import { toEventTimestamp } from "../events/timestamp.ts";
import type { EventFilter } from "../stores/store.ts";
import type { EventSortOrder } from "../wire/conversation.ts";

/** Which events are meant. Times are ISO text; without a zone they are the server's local time. */
export interface EventCriteria {
  /** Class name, alone or with the reference's module path. */
  kind?: string | undefined;
  source?: string | undefined;
  /** Text that a message contains, in any case. */
  body?: string | undefined;
  /** Inclusive. */
  timestampGte?: string | undefined;
  /** Exclusive. */
  timestampLt?: string | undefined;
}

/** A page of the events that are meant. */
export interface EventSearch extends EventCriteria {
  /** Id of the first event of the page; an unknown one starts from the beginning. */
  pageId?: string | undefined;
  sortOrder?: EventSortOrder;
  limit: number;
}

/** Throws `unprocessable` for a time that is none. */
export function toStoredFilter({
  kind,
  source,
  body,
  timestampGte,
  timestampLt,
}: EventCriteria): EventFilter {
  return {
    kind,
    source,
    body,
    timestampGte: toTimestamp(timestampGte),
    timestampLt: toTimestamp(timestampLt),
  };
}

function toTimestamp(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const timestamp = toEventTimestamp(text);
  if (timestamp === undefined) throw new AgentServerError("unprocessable", `Not a date and time: ${text}`);
  return timestamp;
}
