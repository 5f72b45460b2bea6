import { messageOf } from "../errors.ts";
import type { EventMail } from "../events/mail/event-mail.ts";
import type { Logger } from "../logger.ts";
import type { GuardedFetch } from "../outbound/guarded-fetch.ts";
import type { NewMessage, QueueTotals, StoredMessage } from "../stores/outbox.ts";
import type { Store } from "../stores/store.ts";
import type { ConversationInfo } from "../wire/conversation.ts";
import { toHex } from "../wire/ids.ts";
import { Backlog } from "./backlog.ts";
import { type Batch, takeBatch } from "./batch.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import { DeliverySlots } from "./delivery-slots.ts";
import { postLetter } from "./post-letter.ts";
import { QueueClaims } from "./queue-claims.ts";
import { parseQueueName, type QueueName, type QueueTopic, queueName } from "./queue-name.ts";
import { MAX_AGE } from "./waiting-messages.ts";
import type { Webhook } from "./webhook.ts";
import type { DeliveredTotals, WebhookTotals } from "./webhook-totals.ts";
import { writeBack } from "./write-back.ts";

/** Requests that are made to one webhook at the same time. */
const MAX_REQUESTS = 8;
/** Milliseconds that the end of a server waits until everything is sent. */
const DRAIN_WAIT = 10_000;
const LOOK_PERIOD = 30_000;
/** Queues that are looked at each time. The next time goes on behind them. */
const MAX_LOOKED_AT = 200;

export interface WebhooksOptions {
  webhooks: readonly Webhook[];
  store: Pick<Store, "outbox" | "ownership">;
  /** The first key of the server, by which receivers know it. */
  sessionKey: string | undefined;
  fetch: GuardedFetch;
  logger: Logger;
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds, more or less, between two looks for what other servers have left. Default: 30,000. */
  lookPeriod?: number;
}

/**
 * Sends what happens in conversations to webhooks: their events in batches, and what they are when they begin, change
 * or end. Each message is in the store before it is sent and until it is taken, so that a receiver gets everything at
 * least once and, of each conversation, in its order. Conversations never wait for a webhook.
 */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #queues = new Map<string, DeliveryQueue>();
  /** By the id of the webhook, so that one that does not answer holds up no other. */
  readonly #slots: ReadonlyMap<string, DeliverySlots>;
  readonly #backlogs: ReadonlyMap<string, Backlog>;
  readonly #claims: QueueClaims;
  readonly #ending = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last queue that was looked at. undefined: it begins with the first. */
  #lookedAt: string | undefined;
  readonly #writingBack = new Set<Promise<void>>();
  readonly #totals: DeliveredTotals = { delivered: 0, dropped: 0 };

  constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#claims = new QueueClaims(options.store.ownership);
    this.#slots = new Map(options.webhooks.map(({ id }) => [id, new DeliverySlots(MAX_REQUESTS)]));
    this.#backlogs = new Map(
      options.webhooks.map(({ id, maxTotalBytes: limit }) => [
        id,
        new Backlog({ limit, queues: () => this.#queuesFor(id), logger: options.logger }),
      ]),
    );
  }

  /**
   * Sends what an earlier process has left, unless a living server sends it, and looks again from time to time: a
   * server may die at any moment, and not come back. Never rejects.
   */
  async start(): Promise<void> {
    do await this.#resumeLeft();
    while (this.#lookedAt !== undefined && !this.#ending.signal.aborted);
    this.#lookLater();
  }

  /** Counts the messages that wait now, and what became of the others. */
  totals(): WebhookTotals {
    let waiting = 0;
    let oldestAt: number | undefined;
    for (const { waiting: one } of this.#queues.values()) {
      waiting += one.count;
      if (one.oldestAt !== undefined) oldestAt = Math.min(oldestAt ?? one.oldestAt, one.oldestAt);
    }
    return { ...this.#totals, waiting, oldestAt };
  }

  /** The mail of one conversation's events. */
  of(conversationId: string): EventMail {
    return {
      messagesOf: (events) => events.flatMap((json) => this.#toMessages("events", conversationId, json)),
      stored: (messages) => this.#stored(messages),
    };
  }

  /** Stores what a conversation is now, to be sent to every webhook. */
  async announce(info: ConversationInfo): Promise<void> {
    const messages = this.#toMessages("conversations", info.id, JSON.stringify(info));
    await this.#options.store.outbox.append(messages);
    this.#stored(messages);
  }

  /** A conversation has left memory, so that what waits of it is sent now. */
  left(conversationId: string): void {
    for (const webhook of this.#options.webhooks) {
      this.#queues.get(queueName({ webhook: webhook.id, topic: "events", conversationId }))?.flush();
    }
  }

  /** Sends new OAuth tokens of a server that only the request of a conversation names. */
  writeBack(serverUrl: string, oauthState: object): void {
    const { webhooks, logger } = this.#options;
    const body = JSON.stringify({ server_url: serverUrl, oauth_state: oauthState });
    for (const webhook of webhooks) {
      const sending = writeBack(body, { ...this.#options, webhook, logger, ending: this.#ending.signal });
      this.#writingBack.add(sending);
      void sending.finally(() => this.#writingBack.delete(sending));
    }
  }

  /** Sends what waits, for ten seconds at most. What is left then stays in the store for the next start. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#ending.abort(new Error("the server ends")), DRAIN_WAIT);
    const left = await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    await Promise.all(this.#writingBack);
    await Promise.all([...this.#backlogs.values()].map((backlog) => backlog.settled()));
    clearTimeout(timer);
    await this.#claims.leave();
    const waiting = left.reduce((sum, count) => sum + count, 0);
    if (waiting === 0) return;
    this.#options.logger.warn(
      { waiting },
      "Webhooks have not taken all messages; the next start sends the others",
    );
  }

  #lookLater(): void {
    if (this.#ending.signal.aborted) return;
    // Servers that were started together do not look together.
    const delay = (this.#options.lookPeriod ?? LOOK_PERIOD) * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(async () => {
      await this.#resumeLeft();
      this.#lookLater();
    }, delay);
    this.#timer.unref?.();
  }

  /** Looks at the next queues of the store. */
  async #resumeLeft(): Promise<void> {
    const { store, logger } = this.#options;
    try {
      const after = this.#lookedAt;
      this.#lookedAt = undefined;
      const names = await store.outbox.queues({
        ...(after !== undefined && { after }),
        limit: MAX_LOOKED_AT,
      });
      for (const name of names) await this.#resume(name);
      if (names.length === MAX_LOOKED_AT) this.#lookedAt = names.at(-1);
    } catch (error) {
      logger.error({ error: messageOf(error) }, "Messages that another process has left cannot be read");
    }
  }

  async #resume(queue: string): Promise<void> {
    const name = parseQueueName(queue);
    if (name === undefined || this.#queues.has(queue)) return;
    const isOurs = this.#backlogs.has(name.webhook);
    if (isOurs && !(await this.#claims.hold(queue))) return;
    const totals = await this.#options.store.outbox.totals(queue);
    if (this.#queues.has(queue)) return;
    if (!isOurs) return totals && this.#forgetOld(totals);
    // Sent by another server meanwhile, which may have more for it later.
    if (totals === undefined) return this.#claims.release(queue);
    this.#queueOf(queue)?.resume(totals);
  }

  /** Drops what waits for a webhook that is not configured any more, once it is old. */
  async #forgetOld({ queue, count, oldestAt }: QueueTotals): Promise<void> {
    const { store, now, logger } = this.#options;
    if (oldestAt >= now() - MAX_AGE) return;
    await store.outbox.remove(queue, { first: 0, last: Number.MAX_SAFE_INTEGER });
    this.#totals.dropped += count;
    logger.warn(
      { queue, dropped: count },
      "Messages for a webhook that is not configured any more are dropped",
    );
  }

  #toMessages(topic: QueueTopic, conversationId: string, json: string): NewMessage[] {
    const at = this.#options.now();
    return this.#options.webhooks.map(({ id }) => ({
      ...{ queue: queueName({ webhook: id, topic, conversationId }), json, at },
    }));
  }

  #stored(messages: readonly NewMessage[]): void {
    for (const { queue, json, at } of messages) this.#queueOf(queue)?.added(Buffer.byteLength(json), at);
  }

  #queueOf(queue: string): DeliveryQueue | undefined {
    const existing = this.#queues.get(queue);
    if (existing !== undefined) return existing;
    const name = parseQueueName(queue);
    const webhook = this.#options.webhooks.find(({ id }) => id === name?.webhook);
    const slots = webhook && this.#slots.get(webhook.id);
    const backlog = webhook && this.#backlogs.get(webhook.id);
    if (name === undefined || webhook === undefined || slots === undefined || backlog === undefined)
      return undefined;
    const created = this.#create(queue, name, { webhook, slots, backlog });
    this.#queues.set(queue, created);
    // Long before the first request, lest another server take the queue for one that was left.
    this.#claims.hold(queue).catch(() => undefined);
    return created;
  }

  *#queuesFor(webhook: string): Iterable<DeliveryQueue> {
    for (const [name, queue] of this.#queues) if (parseQueueName(name)?.webhook === webhook) yield queue;
  }

  #forget(queue: string): void {
    this.#queues.delete(queue);
    const { logger } = this.#options;
    this.#claims.release(queue).catch((error: unknown) => {
      logger.warn(
        { queue, error: messageOf(error) },
        "A queue of a webhook is not given back to other servers",
      );
    });
  }

  #create(
    queue: string,
    { topic, conversationId }: QueueName,
    { webhook, slots, backlog }: { webhook: Webhook; slots: DeliverySlots; backlog: Backlog },
  ): DeliveryQueue {
    const { store, logger } = this.#options;
    const path = topic === "events" ? `/events/${toHex(conversationId)}` : "/conversations";
    return new DeliveryQueue({
      ...{ name: queue, webhook, logger, outbox: store.outbox, slots, backlog, totals: this.#totals },
      now: () => this.#options.now(),
      ending: this.#ending.signal,
      bufferSize: topic === "events" ? webhook.eventBufferSize : 1,
      batchOf: (messages) =>
        topic === "events" ? takeBatch(messages, webhook.maxBatchBytes) : announcement(messages),
      post: async ({ first, last, body }, signal) => {
        const id = await messageId(queue, first, last);
        await postLetter({ id, path, body }, { ...this.#options, webhook }, signal);
      },
      hold: () => this.#claims.hold(queue),
      emptied: () => this.#forget(queue),
    });
  }
}

/** One announcement is one request. */
function announcement([message]: readonly StoredMessage[]): Batch | undefined {
  if (message === undefined) return undefined;
  const { seq, json, at } = message;
  return { body: json, first: seq, last: seq, lastAt: at, count: 1, bytes: Buffer.byteLength(json) };
}

/** The same for each attempt, also of another process, so that receivers can tell a repetition. */
async function messageId(queue: string, first: number, last: number): Promise<string> {
  const content = new TextEncoder().encode(`${queue} ${first} ${last}`);
  const digest = await crypto.subtle.digest("SHA-256", content);
  return `msg_${Buffer.from(digest).toString("base64url").slice(0, 27)}`;
}
