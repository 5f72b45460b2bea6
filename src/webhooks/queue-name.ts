/** The kind of messages in a queue: events of a conversation, or the conversation itself. */
export type QueueTopic = "events" | "conversations";

/** The parts of the name that a queue has in the store. */
export interface QueueName {
  /** Id of the webhook. */
  webhook: string;
  topic: QueueTopic;
  /** Dashed UUID. */
  conversationId: string;
}

const NAME = /^webhook:([^:]+):(events|conversations):([0-9a-f-]{36})$/;

/** Writes the name of a queue. */
export function queueName({ webhook, topic, conversationId }: QueueName): string {
  return `webhook:${webhook}:${topic}:${conversationId}`;
}

/** Reads the name of a queue. undefined for a queue of something else. */
export function parseQueueName(name: string): QueueName | undefined {
  const [, webhook, topic, conversationId] = NAME.exec(name) ?? [];
  if (webhook === undefined || conversationId === undefined) return undefined;
  return { webhook, topic: topic as QueueTopic, conversationId };
}
