import { AgentServerError } from "../errors.ts";
import type { EventFilter } from "../stores/store.ts";
import type { EventSortOrder } from "../wire/conversation.ts";
import type { Event } from "../wire/events/events.ts";
import { toShortKind } from "./event-kind.ts";
import { toEventTimestamp } from "./timestamp.ts";

/** Length of the texts of a page, in UTF-16 code units, past which the page ends early. One event is always in it. */
export const MAX_PAGE_LENGTH = 16 * 1024 * 1024;

/** Conditions on events; what is left out does not matter. Times are ISO text, server-local when without a zone. */
export interface EventCriteria {
  /** Class name, alone or with the reference's module path. */
  kind?: string | undefined;
  /** The author: `user`, `agent`, `environment` or `hook`. */
  source?: string | undefined;
  /** Text that a message contains, in any case. */
  body?: string | undefined;
  /** Inclusive. */
  timestampGte?: string | undefined;
  /** Exclusive. */
  timestampLt?: string | undefined;
}

/** A page of the events that meet the criteria. */
export interface EventSearch extends EventCriteria {
  /** `next_page_id` of the page before, the id of an event; an unknown one starts from the beginning. */
  pageId?: string | undefined;
  /** Default: oldest first. */
  sortOrder?: EventSortOrder;
  /** Largest number of events in the page. Default: 100. */
  limit?: number;
}

/**
 * A page of events, keys that are null left out. `next_page_id` is null on the last page. A page whose texts would be
 * longer than 16 Mi characters together ends early.
 */
export interface EventPage {
  /** The events in the requested order. */
  items: Event[];
  /** The `pageId` of the next page; null on the last. */
  next_page_id: string | null;
}

/**
 * The filter of a store for these criteria; undefined when no event can meet them.
 *
 * @throws AgentServerError `unprocessable` for a time that is not one.
 */
export function toEventFilter(criteria: EventCriteria): EventFilter | undefined {
  const { source, body, timestampGte, timestampLt } = criteria;
  const kind = criteria.kind === undefined ? undefined : toShortKind(criteria.kind);
  if (kind === undefined && criteria.kind !== undefined) return undefined;
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
