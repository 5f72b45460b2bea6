import type { Scope } from "../../principal.ts";

/** A request or a socket that was allowed or refused. It has nothing of bodies, queries and keys. */
export interface AuditEvent {
  /** ISO time. */
  readonly time: string;
  /** Whether it was let in; what came of it is not known yet. */
  readonly outcome: "allowed" | "refused";
  /** Name of the operation, such as `delete_conversation`; `audit` for a note about what is missing. */
  readonly action: string;
  /** The conversation or other thing of the path, as the caller has written it; null without one. */
  readonly target: string | null;
  /** Scope that the operation needs; null where it needs none. */
  readonly scope: Scope | null;
  /** Id of the principal; null for a caller without a name. */
  readonly principal: string | null;
  /** Id of the access key; null for other credentials. */
  readonly key: string | null;
  /** Address of the other end of the connection; null where the host gives none. */
  readonly address: string | null;
  /** Id of the request, as in logs. */
  readonly requestId: string;
  /** Why it was refused, or what has become of it; null where its name says everything. */
  readonly reason: string | null;
  /** Number of events that are not reported. Only in notes about them. */
  readonly omitted?: number;
}

/**
 * Takes audit events. No request waits for it. What it throws or rejects with is logged, and the event counts as lost.
 * A promise says when the event is kept.
 */
export interface AuditSink {
  (event: AuditEvent): void | Promise<void>;
  /** Resolves when what was reported so far is kept. A server that closes waits for it, 5 seconds at most. */
  flushed?(): Promise<void>;
}
