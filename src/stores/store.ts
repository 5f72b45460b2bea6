import type { ConversationSortOrder } from "../wire/conversation.ts";
import type { ExecutionStatus } from "../wire/execution-status.ts";
import type { BashEventStore } from "./bash-events.ts";
import type { DocumentStore } from "./documents.ts";
import type { FrameRelay } from "./frame-relay.ts";
import type { NewMessage, Outbox } from "./outbox.ts";
import type { Ownership } from "./ownership.ts";

/** One event as the log keeps it. Readers get `json`; searches look at the other fields. */
export interface StoredEvent {
  /** Place in the conversation's log: 0, 1, 2 … without gaps. */
  seq: number;
  /** Unique within the conversation. */
  id: string;
  /** Class name, such as `MessageEvent`. */
  kind: string;
  /** The author: `user`, `agent`, `environment` or `hook`. */
  source: string;
  /** ISO text; compared as text. */
  timestamp: string;
  /** Searchable text of a message, lower case; null for every other kind. */
  body: string | null;
  /** The event, null-valued keys left out. */
  json: string;
}

/** The part of a conversation that lists and counts look at. */
export interface ConversationHeader {
  /** Dashed UUID in lower case. */
  id: string;
  /** UTC with microseconds and Z. */
  createdAt: string;
  /** UTC with microseconds and Z. */
  updatedAt: string;
  /** The state of the run. */
  status: ExecutionStatus;
  /** null without a title. */
  title: string | null;
  /** Id of the parent conversation; null without one. */
  parentId: string | null;
  /** Id of the principal who created the conversation; null without one. */
  createdBy: string | null;
  /** HEAD of the event tree; null before the first event. */
  leafEventId: string | null;
  /** Id of the conversation whose sub-agent this one is. Left out for every other conversation. */
  agentOf?: string;
  /** The machine that the conversation is bound to. Left out when it may be run on any. */
  machine?: string;
}

/** A stored conversation with the requested documents. */
export interface ConversationRecord extends ConversationHeader {
  /** Conversations whose parent this one is, oldest first. */
  childIds: string[];
  /** Named JSON texts, only the requested ones. The store does not look inside. */
  documents: Record<string, string>;
  /** Events in the log; the next one gets this `seq`. */
  eventCount: number;
}

/** A part of a log: the events from `first` up to and including `last`, by `seq`. */
export interface LogSpan {
  first: number;
  last: number;
}

/** Events of another conversation that a new one begins with. */
export interface CopiedEvents {
  conversationId: string;
  /** In the order of the log, none within another. The copies have the places 0, 1, 2 … */
  spans: readonly LogSpan[];
}

/** One atomic step of one conversation. */
export interface Change {
  /** Dashed UUID in lower case. */
  conversationId: string;
  /** Present when the conversation is new; committing an id that exists is a conflict. */
  create?: Omit<ConversationHeader, "id">;
  /**
   * Only with `create` and without `events`. Refused with `not_found` when that conversation is removed before the end.
   */
  copied?: CopiedEvents;
  /** New values of the header. What is left out or undefined stays. */
  update?: Partial<Pick<ConversationHeader, "updatedAt" | "status" | "title" | "leafEventId">>;
  /** Replaced whole, name by name; names left out stay. */
  documents?: Record<string, string>;
  /** Contiguous, the first at the record's `eventCount`. */
  events?: StoredEvent[];
  /** Messages for receivers elsewhere, behind those that wait already. */
  messages?: readonly NewMessage[];
  /** Fence of the claim under which the change is made. Without one, no claim is required. */
  fence?: number | undefined;
}

/** Conditions on conversations; what is left out does not matter, but for `agentOf`. */
export interface ConversationFilter {
  /** Only conversations with this status. */
  status?: ExecutionStatus | undefined;
  /** Only conversations that this principal created. */
  createdBy?: string | undefined;
  /** Only the sub-agents of this conversation. Default: only conversations that are not sub-agents. */
  agentOf?: string | undefined;
}

/** A page of conversations in one order. */
export interface ConversationQuery extends ConversationFilter {
  /** Equal times are ordered by id. */
  sortOrder: ConversationSortOrder;
  /** Id of the first item of the page; an unknown id starts from the beginning. */
  from?: string;
  /** Maximum number of records. */
  limit: number;
  /** Names of the documents to include. */
  documents: readonly string[];
}

/** Conditions on events; what is left out does not matter. Times are in the form of `StoredEvent.timestamp`. */
export interface EventFilter {
  /** Unqualified class name. */
  kind?: string;
  /** Only events of this author. */
  source?: string;
  /** Case-insensitive substring of a message's text. */
  body?: string;
  /** Inclusive. */
  timestampGte?: string;
  /** Exclusive. */
  timestampLt?: string;
}

/** A page of the events that meet the conditions, up or down the log. */
export interface EventQuery extends EventFilter {
  /** By `seq`. */
  order: "asc" | "desc";
  /** First `seq` that may be in the page; the last one in descending order. */
  from?: number;
  /** Maximum number of events. */
  limit: number;
  /**
   * The page ends with the event with which its texts are longer than this, in UTF-16 code units. Default: no bound.
   */
  maxLength?: number;
}

/** Reads conversations. */
export interface ConversationStore {
  /** The records that exist, in any order. */
  find(ids: readonly string[], documents: readonly string[]): Promise<ConversationRecord[]>;
  /** A page of the records that meet the conditions, in the order of the query. */
  search(query: ConversationQuery): Promise<ConversationRecord[]>;
  /** Number of records that meet the conditions. Default: of all. */
  count(filter?: ConversationFilter): Promise<number>;
}

/** Reads the logs of conversations. */
export interface EventStore {
  /** The events that exist, in any order. */
  find(conversationId: string, ids: readonly string[]): Promise<StoredEvent[]>;
  /** A page of the events that meet the conditions. */
  search(conversationId: string, query: EventQuery): Promise<StoredEvent[]>;
  /** Number of events that meet the conditions. */
  count(conversationId: string, filter: EventFilter): Promise<number>;
}

/**
 * The place where conversations are kept. Every implementation passes `storeContract` of `agent-server/testing`.
 *
 * - `commit` applies a change whole or not at all. Once it resolves, the change survives the death of the process.
 *   Commits to a conversation resolve in the order they were called in, and are visible to reads from then on at the
 *   latest.
 * - `conversations.find` and reads of events resolve only with what survives, too: what they show is never undone.
 * - A commit with copied events costs memory for a few of them only and holds up nothing else. It may resolve after later
 *   commits.
 * - A commit whose events do not continue the log, whose `create` exists or whose conversation is unknown rejects
 *   and changes nothing.
 * - A commit whose fence is that of a claim that has ended rejects with `ownership_lost` and changes nothing.
 * - Lists, counts and searches cost the page they return, not the store they look through.
 * - After `close`, which waits for pending commits, every call rejects.
 */
export interface Store {
  /** Reads conversations. */
  readonly conversations: ConversationStore;
  /** Reads events. */
  readonly events: EventStore;
  /** Keeps what bash commands were and wrote. */
  readonly bashEvents: BashEventStore;
  /** Keeps what belongs to no conversation. */
  readonly documents: DocumentStore;
  /** Keeps messages for receivers elsewhere until they are delivered. */
  readonly outbox: Outbox;
  /** Carries published frames between the servers that share the store; `localRelay` serves one process. */
  readonly relay: FrameRelay;
  /** Decides which server may write a conversation; `LocalOwnership` serves one process. */
  readonly ownership: Ownership;
  /** Applies a change. See the contract of `Store`. */
  commit(change: Change): Promise<void>;
  /** Removes a conversation with its events, bash events, documents and claim, not its messages. An unknown id is fine. */
  remove(conversationId: string): Promise<void>;
  /** Waits for pending commits and releases what the store holds. */
  close(): Promise<void>;
}
