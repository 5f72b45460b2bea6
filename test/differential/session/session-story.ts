import type { WireEvent } from "../client.ts";

/** A frame of a session socket, as either server sends it. */
export interface SessionWireFrame {
  type: string;
  seq?: number;
  event?: WireEvent;
  item_id?: string;
  attempt?: number;
  order?: number;
  kind?: string;
  content?: string;
  [field: string]: unknown;
}

/**
 * What a session socket showed, without what is a matter of timing: figures and how often they are told, and into how
 * many pieces a text is cut. Items are named after the events that hold them, and places must follow each other.
 */
export function sessionStory(frames: readonly SessionWireFrame[]): unknown[] {
  const seqs = frames.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
  const holders = new Map(
    frames.flatMap(({ type, event }) =>
      type === "durable" && event ? [[event.id, event.kind] as const] : [],
    ),
  );
  const told = frames.flatMap((frame) => toldOf(frame, holders));
  return [{ hasGaps: seqs.some((seq, at) => at > 0 && seq !== (seqs[at - 1] ?? 0) + 1) }, ...merged(told)];
}

interface Told {
  type: string;
  content?: string;
  [field: string]: unknown;
}

function toldOf(frame: SessionWireFrame, holders: ReadonlyMap<string, string>): Told[] {
  const { type, event } = frame;
  const held = { holder: holders.get(frame.item_id ?? "") ?? "none", attempt: frame.attempt };
  switch (type) {
    case "sync":
      return [{ type, from_seq: frame.from_seq, isAtStart: frame.through_seq === undefined }];
    case "durable":
    case "transient":
      if (event?.key === "stats") return [];
      return [{ type, kind: event?.kind, key: event?.key, fields: Object.keys(frame) }];
    case "item_started":
      return [{ type, ...held, fields: Object.keys(frame).toSorted() }];
    case "delta":
      return [{ type, ...held, kind: frame.kind, content: frame.content ?? "" }];
    case "item_aborted":
      return [{ type, ...held, reason: frame.reason }];
    case "error":
      return [{ type, code: frame.code }];
    default:
      return [frame as Told];
  }
}

/** Joins the pieces of a text that come one after another. */
function merged(told: readonly Told[]): Told[] {
  const result: Told[] = [];
  for (const one of told) {
    const last = result.at(-1);
    const isSame = last?.type === "delta" && one.type === "delta" && last.kind === one.kind;
    if (isSame && last.attempt === one.attempt) last.content = `${last.content}${one.content}`;
    else result.push({ ...one });
  }
  return result;
}
