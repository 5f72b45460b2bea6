/** The owner of bash events: a conversation by its dashed UUID, or null for the server itself. */
export type BashScope = string | null;

/** An event of a bash command on its way to the store. */
export interface NewBashEvent {
  /** 32 hex digits. Unique within its scope. */
  id: string;
  /** Class name: `BashCommand` or `BashOutput`. */
  kind: string;
  /** UTC with microseconds and Z; compared as text. */
  timestamp: string;
  /** Id of the command that an output belongs to. null for a command. */
  commandId: string | null;
  /** Place among the outputs of the command, from 0. null for a command. */
  order: number | null;
  /** Whether the command has ended with this output. False for a command. */
  isFinal: boolean;
  /** The event as clients get it. The store does not look inside. */
  json: string;
}

/** An event of a bash command as the store keeps it. */
export interface StoredBashEvent extends NewBashEvent {
  /** Given by the store: greater than that of every event that was stored before. */
  seq: number;
}

/** Conditions on bash events; what is left out does not matter. */
export interface BashEventFilter {
  /** Only events of this class. */
  kind?: string | undefined;
  /** Only the outputs of this command. */
  commandId?: string | undefined;
  /** Inclusive, in the form of `NewBashEvent.timestamp`. */
  timestampGte?: string | undefined;
  /** Exclusive, in the form of `NewBashEvent.timestamp`. */
  timestampLt?: string | undefined;
  /** Only outputs whose order is greater. Commands stay. */
  orderGt?: number | undefined;
  /** Only events that were stored before this one or are it. */
  untilSeq?: number | undefined;
  /** Only events that were stored after this one. */
  afterSeq?: number | undefined;
}

/** A page of the events that meet the conditions, by time, and by `seq` among those of one time. */
export interface BashEventQuery extends BashEventFilter {
  /** Oldest or newest first. */
  direction: "asc" | "desc";
  /** First place that may be in the page. Default: the first of all. */
  from?: { timestamp: string; seq: number } | undefined;
  /** Maximum number of events. */
  limit: number;
  /**
   * The page ends with the event with which its texts are longer than this, in UTF-16 code units. Default: no bound.
   */
  maxLength?: number | undefined;
}

/** A command whose final output is not stored. */
export interface UnfinishedCommand {
  /** The owner of the command. */
  scope: BashScope;
  /** The command. */
  event: StoredBashEvent;
}

/**
 * The part of a store that keeps what bash commands were and wrote. Events belong to a scope and are never changed.
 *
 * - `append` resolves once the event survives the death of the process. Events become visible in the order of their
 *   `seq`, which is the order of the calls.
 * - The events of a conversation are removed together with it; an unknown conversation has none.
 * - Reads cost the page they return, not the events they look through.
 */
export interface BashEventStore {
  /**
   * Adds an event and resolves with its `seq`. Rejects with `not_found` for an unknown conversation and with `conflict`
   * for an id that the scope has.
   */
  append(scope: BashScope, event: NewBashEvent): Promise<number>;
  /** The events that exist, in any order. */
  find(scope: BashScope, ids: readonly string[]): Promise<StoredBashEvent[]>;
  /** A page of the events that meet the conditions. */
  search(scope: BashScope, query: BashEventQuery): Promise<StoredBashEvent[]>;
  /** The `seq` of the newest event of all scopes; -1 without one. */
  lastSeq(): Promise<number>;
  /** The commands of every scope without a final output, oldest first. */
  unfinished(): Promise<UnfinishedCommand[]>;
  /** Removes every event of a scope. Resolves with their number. */
  clear(scope: BashScope): Promise<number>;
  /**
   * Removes some of the events, of every scope, that are older than a time. Resolves with their number, which is 0 when
   * none is left.
   */
  prune(olderThan: string): Promise<number>;
}
