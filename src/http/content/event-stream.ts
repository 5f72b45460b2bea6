/** A response of server-sent events. */
export interface EventsSpec {
  readonly description: string;
  readonly events: true;
}

/** Declares a response of server-sent events (`text/event-stream`). */
export function sse(description = "Server-sent events"): EventsSpec {
  return { events: true, description };
}

/** One event. */
export interface ServerSentEvent {
  /** May have several lines. */
  data: string;
  /** The type that the client listens for, without line breaks. Default: `message`. */
  event?: string;
  /** The client names it as `Last-Event-ID` when it comes back. Without line breaks. */
  id?: string;
}

/** Where a handler writes server-sent events. It ends when the handler settles. */
export interface EventStream {
  /** Aborted when the stream has ended: the client left, lags too far behind, or the server closes. */
  readonly signal: AbortSignal;
  /**
   * Queues one event. Ignored after the end. A client that lets more than 1 MiB wait, or takes nothing for 30 seconds,
   * is disconnected: it may come back and name the last event it has.
   */
  send(event: ServerSentEvent): void;
  /** Resolves when most of what was sent has been taken, or the stream has ended. Lets a fast source wait. */
  drained(): Promise<void>;
}

/** Writes events until it settles. A rejection is logged and disconnects the client. */
export type WriteEvents = (stream: EventStream) => Promise<void> | void;
