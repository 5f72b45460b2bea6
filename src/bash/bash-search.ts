import { AgentServerError } from "../errors.ts";
import { toUtcTimestamp } from "../events/timestamp.ts";
import type { BashEventFilter, StoredBashEvent } from "../stores/bash-events.ts";
import { toHex } from "../wire/ids.ts";
import type { BashEvent, BashEventSortOrder } from "../wire/machine/bash.ts";

/** Length of the texts of a page, in UTF-16 code units, past which the page ends early. One event is always in it. */
export const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

/** A page of the bash events that meet the conditions; what is left out does not matter. */
export interface BashSearch {
  kind?: BashEvent["kind"] | undefined;
  /** Only the outputs of this command. Dashed or not. */
  commandId?: string | undefined;
  /** Inclusive. ISO text, in UTC when it names no zone. */
  timestampGte?: string | undefined;
  /** Exclusive. ISO text, in UTC when it names no zone. */
  timestampLt?: string | undefined;
  /** Only outputs whose order is greater. Commands stay. */
  orderGt?: number | undefined;
  /** `next_page_id` of the page before; an unknown one starts from the beginning. */
  pageId?: string | undefined;
  /** Default: oldest first. */
  sortOrder?: BashEventSortOrder;
  /** Largest number of events in the page. Default: 100. */
  limit?: number;
}

/** A page of bash events. One whose texts would be longer than 4 Mi characters together ends early. */
export interface BashPage {
  /** The events in the requested order. */
  items: BashEvent[];
  /** The `pageId` of the next page; null on the last. */
  next_page_id: string | null;
}

/** @throws AgentServerError `unprocessable` for a time that is not one. */
export function toFilter({
  kind,
  commandId,
  timestampGte,
  timestampLt,
  orderGt,
}: BashSearch): BashEventFilter {
  return {
    kind,
    commandId: commandId === undefined ? undefined : toHex(commandId),
    timestampGte: toTimestamp(timestampGte),
    timestampLt: toTimestamp(timestampLt),
    orderGt,
  };
}

/** The name of a place in a list of events, in the form in which the reference names its files. */
export function pageIdOf({ timestamp, kind, commandId, id }: StoredBashEvent): string {
  const digits = timestamp.replaceAll(/\D/g, "");
  return [digits, kind, ...(commandId === null ? [] : [commandId]), id].join("_");
}

/** The id of the event that such a name stands for. */
export function eventIdIn(pageId: string): string {
  return pageId.slice(pageId.lastIndexOf("_") + 1);
}

function toTimestamp(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const timestamp = toUtcTimestamp(text);
  if (timestamp === undefined) throw new AgentServerError("unprocessable", `Not a date and time: ${text}`);
  return timestamp;
}
