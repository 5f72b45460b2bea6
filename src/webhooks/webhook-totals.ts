/** Numbers of messages, over all queues of a server, since it has begun. */
export interface DeliveredTotals {
  /** Taken by their receivers. */
  delivered: number;
  /** Given up because too many waited, for too long, or for a webhook that is not configured any more. */
  dropped: number;
}

/** The messages to the webhooks of a server: those that wait, and what became of the others. */
export interface WebhookTotals extends Readonly<DeliveredTotals> {
  /** Messages that wait, but for those that another server sends. */
  readonly waiting: number;
  /** When the oldest of them was written, or a moment before that; undefined without any. Milliseconds since 1970. */
  readonly oldestAt: number | undefined;
}
