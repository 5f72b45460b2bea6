import type { Conversation } from "./live-conversation.ts";

/** Conversations in memory, beyond which those that are not in use leave before their time. */
const MAX_LIVE = 1_000;
/** Milliseconds since its last touch after which nobody is in the middle of something with a conversation. */
const SETTLED = 60_000;
/** Milliseconds between two attempts to make room. */
const ROOM_PERIOD = 1_000;

export interface LiveConversationsOptions {
  /** Reads a conversation from the store; undefined when there is none. */
  load(id: string): Promise<Conversation | undefined>;
  /** Seconds without a touch after which a conversation may leave memory; null keeps it. */
  idleTtlSeconds: number | null;
  /** Milliseconds since some fixed moment. */
  now(): number;
}

/** The conversations in memory: opened at first use, one load at a time for each, closed when nobody needs them. */
export class LiveConversations {
  readonly #options: LiveConversationsOptions;
  /** Least recently used first. */
  readonly #entries = new Map<string, Promise<Conversation | undefined>>();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #roomMadeAt = Number.NEGATIVE_INFINITY;

  constructor(options: LiveConversationsOptions) {
    this.#options = options;
    if (options.idleTtlSeconds === null) return;
    const period = Math.max(60, options.idleTtlSeconds / 2) * 1000;
    this.#timer = setInterval(() => void this.evictIdle(), period);
    this.#timer.unref?.();
  }

  get size(): number {
    return this.#entries.size;
  }

  async get(id: string): Promise<Conversation | undefined> {
    const known = this.#entries.get(id);
    if (known !== undefined) {
      this.#entries.delete(id);
      this.#entries.set(id, known);
    }
    const conversation = await (known ?? this.#load(id));
    conversation?.touch(this.#options.now());
    return conversation;
  }

  /** The next use reads the store again. */
  forget(id: string): void {
    this.#entries.delete(id);
  }

  evictIdle(): Promise<void> {
    const ttl = (this.#options.idleTtlSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    return this.#evict({ before: this.#options.now() - ttl, keep: 0 });
  }

  #makeRoom(): void {
    const now = this.#options.now();
    const isDue = this.#entries.size > MAX_LIVE && now - this.#roomMadeAt >= ROOM_PERIOD;
    if (!isDue || this.#options.idleTtlSeconds === null) return;
    this.#roomMadeAt = now;
    void this.#evict({ before: now - SETTLED, keep: MAX_LIVE });
  }

  /** Those untouched since `before`, down to a number to keep. */
  async #evict({ before, keep }: { before: number; keep: number }): Promise<void> {
    for (const [id, entry] of [...this.#entries]) {
      if (this.#entries.size <= keep) return;
      const conversation = await entry.catch(() => undefined);
      if (conversation === undefined || !conversation.isIdleSince(before)) continue;
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
      // One that does not close cleanly must not keep the others in memory.
      await conversation.close().catch(() => {});
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
    this.#makeRoom();
    const forget = () => {
      if (this.#entries.get(id) === loading) this.#entries.delete(id);
    };
    loading.then((conversation) => conversation ?? forget(), forget);
    return loading;
  }
}
