import type { Event, TransientEvent } from "./events.ts";

/**
 * A frame of `/sockets/session/{conversation_id}`. Keys that are null are left out. Clients ignore types and fields that
 * they do not know, because the channel grows.
 */
export type SessionFrame =
  | SyncFrame
  | DurableFrame
  | TransientFrame
  | ItemStartedFrame
  | DeltaFrame
  | ItemAbortedFrame
  | SocketErrorFrame;

/** The first frame: where the client and the log stand. */
export interface SyncFrame {
  /** Tells frames apart. */
  type: "sync";
  /** The `after_seq` of the client. Absent when it asked for nothing of the past. */
  from_seq?: number;
  /** Place of the last stored event. Absent for an empty log. */
  through_seq?: number;
}

/** A stored event. The place of the last one is the cursor with which a client resumes. */
export interface DurableFrame {
  /** Tells frames apart. */
  type: "durable";
  /** Place in the log, from 0, without gaps. */
  seq: number;
  /** The event as it is stored. */
  event: Event;
}

/** An event that is not stored, such as a `full_state`. It does not move the cursor. */
export interface TransientFrame {
  /** Tells frames apart. */
  type: "transient";
  /** The event, which no search finds. */
  event: Event | TransientEvent;
}

/**
 * A reply of the model begins. It ends with the durable frame of an event with this id, or with `item_aborted`. A frame
 * with a higher `attempt` for an item replaces what was streamed of it.
 */
export interface ItemStartedFrame {
  /** Tells frames apart. */
  type: "item_started";
  /** Id of the event that will hold the reply: its message, or the first of its calls. */
  item_id: string;
  /** Counted from 1. */
  attempt: number;
  /** Place of the event after which the item comes. Absent for an empty log. */
  anchor_seq?: number;
}

/** A piece of a reply. */
export interface DeltaFrame {
  /** Tells frames apart. */
  type: "delta";
  /** The item that the piece belongs to. */
  item_id: string;
  /** The attempt that the piece belongs to. */
  attempt: number;
  /** Counted from 0 in each attempt: a gap shows that pieces are missing. */
  order: number;
  /** The part of the reply to which the piece belongs. */
  kind: "text" | "reasoning";
  /** The piece itself, secrets hidden. */
  content: string;
  /** The provider's own id of the piece. */
  chunk_id?: string;
  /** Place of the choice that the piece belongs to, as the provider counts. */
  choice_index?: number;
}

/** A reply ends without an event. */
export interface ItemAbortedFrame {
  /** Tells frames apart. */
  type: "item_aborted";
  /** The item that ends. */
  item_id: string;
  /** The last attempt that was shown. */
  attempt: number;
  /** `no_durable_event`, `cancelled`, or the name of an error. */
  reason: string;
}

/** Something was wrong with a frame of the client. The socket stays open. */
export interface SocketErrorFrame {
  /** Tells frames apart. */
  type: "error";
  /** Name of the reference's exception. */
  code: string;
  /** Description of the fault. */
  detail: string;
}

/** A frame that shows a reply while it is written. It is never sent again. */
export type ProgressFrame = ItemStartedFrame | DeltaFrame | ItemAbortedFrame;
