import type { Conversation } from "./conversation.ts";

export interface LiveConversationsOptions {
  /** Reads a conversation from the store; undefined when there is none. */
  load(id: string): Promise<Conversation | undefined>;
  /** Seconds without a touch after which a conversation may leave memory; null keeps it. */
  idleTtlSeconds: number | null;
  /** Called before an idle conversation leaves memory. */
  evicted(conversation: Conversation): void;
  /** Milliseconds since some fixed moment. */
  now(): number;
}

/** The conversations in memory: opened at first use, one load at a time for each, closed when nobody needs them. */
export class LiveConversations {
  readonly #options: LiveConversationsOptions;
  readonly #entries = new Map<string, Promise<Conversation | undefined>>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveConversationsOptions) {
    this.#options = options;
    if (options.idleTtlSeconds === null) return;
    const period = Math.max(60, options.idleTtlSeconds / 2) * 1000;
    this.#timer = setInterval(() => void this.evictIdle(), period);
    this.#timer.unref?.();
  }

  async get(id: string): Promise<Conversation | undefined> {
    const known = this.#entries.get(id) ?? this.#load(id);
    const conversation = await known;
    conversation?.touch(this.#options.now());
    return conversation;
  }

  /** The next use reads the store again. */
  forget(id: string): void {
    this.#entries.delete(id);
  }

  async evictIdle(): Promise<void> {
    const before = this.#options.now() - (this.#options.idleTtlSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    for (const [id, entry] of [...this.#entries]) {
      const conversation = await entry.catch(() => undefined);
      if (conversation === undefined || !conversation.isIdleSince(before)) continue;
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
      this.#options.evicted(conversation);
      await conversation.close();
    }
  }

  /** Takes everything out and opens nothing on its own account any more. */
  async takeAll(): Promise<Conversation[]> {
    clearInterval(this.#timer);
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    const loads = await Promise.allSettled(entries);
    return loads.flatMap((load) => (load.status === "fulfilled" && load.value ? [load.value] : []));
  }

  #load(id: string): Promise<Conversation | undefined> {
    const loading = this.#options.load(id);
    this.#entries.set(id, loading);
    const forget = () => {
      if (this.#entries.get(id) === loading) this.#entries.delete(id);
    };
    loading.then((conversation) => conversation ?? forget(), forget);
    return loading;
  }
}
