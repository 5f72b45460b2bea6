/** A receiver of what happens in conversations, with its limits. */
export interface Webhook {
  /** Names its queues in the store. The same over restarts, whatever its headers and limits become. */
  id: string;
  /** Its address, without a slash at the end. Paths are added to it. */
  baseUrl: string;
  /** Headers of each request. */
  headers: Readonly<Record<string, string>>;
  /** Key of the signatures. null for none. */
  secret: string | null;
  /** Number of events with which a request is made at once, and that a request has at most. */
  eventBufferSize: number;
  /** Seconds after which fewer events are sent, counted from the first of them. */
  flushDelay: number;
  /** Number of attempts after the first. */
  numRetries: number;
  /** Seconds between two attempts. */
  retryDelay: number;
  /** Number of messages that wait in one queue at most. The oldest are dropped past it. */
  maxQueueSize: number;
  /** Bytes of a request at most. A single event that is longer goes alone. */
  maxBatchBytes: number;
  /** Bytes that wait in one queue at most. The oldest messages are dropped past it. */
  maxQueueBytes: number;
  /** Bytes that wait in all queues of a server together at most. The oldest messages are dropped past it. */
  maxTotalBytes: number;
}
